/* SPDX-License-Identifier: MPL-2.0 */
/* cert.c - the certificates of src/keys for test_cert.py: `cert write PATH NAME`, `cert read PATH`.
 */
#include "keys/cert.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct fsz_cert cert;
    char            why[512] = "usage: cert write PATH NAME | cert read PATH";
    fsz_err         err = FSZ_EINVALID;
    if (argc == 4 && strcmp(argv[1], "write") == 0) {
        err = fsz_cert_make(argv[3], &cert);
        if (err == FSZ_OK) {
            err = fsz_cert_write(argv[2], &cert, why, sizeof(why));
        }
    } else if (argc == 3 && strcmp(argv[1], "read") == 0) {
        err = fsz_cert_read(argv[2], &cert, why, sizeof(why));
    }
    if (err != FSZ_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    printf("%s\n%s\n%s\n", cert.public_key, cert.secret_key, cert.name);
    return 0;
}
