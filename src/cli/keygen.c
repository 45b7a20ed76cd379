/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq keygen`: makes a CURVE certificate. */
#include "cli/cli.h"
#include "cli/cli_options.h"
#include "keys/cert.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct keygen_options {
    const char *name;
};

static const struct fsz_option keygen_options[] = {
    {"name", 'n', FSZ_OPTION_TEXT, offsetof(struct keygen_options, name), "NAME",
     "the owner's name, for the certificate's metadata"},
    {0},
};

static const struct fsz_usage keygen_usage = {
    .program = "fszmq keygen",
    .arguments = "[OPTION...] FILE",
    .summary = "Makes a CURVE key pair as CZMQ certificates. FILE gets the public key, to give\n"
               "to others. FILE_secret gets both keys (mode 0600); keep it to yourself.",
    .options = keygen_options,
};

static int keygen_make(const char *path, const char *name)
{
    struct fsz_cert cert;
    char            why[512] = "";
    fsz_err         err = fsz_cert_make(name, &cert);
    if (err == FSZ_OK) {
        err = fsz_cert_write(path, &cert, why, sizeof why);
    }
    if (err != FSZ_OK) {
        fprintf(stderr, "%s: %s\n", keygen_usage.program, why[0] != '\0' ? why : fsz_err_text(err));
    } else {
        printf("%s\n", cert.public_key);
        fprintf(stderr, "public key: %s\nboth keys:  %s_secret (keep it to yourself)\n", path,
                path);
    }
    fsz_cert_forget(&cert);
    return err == FSZ_OK ? FSZ_EXIT_OK : FSZ_EXIT_FAILED;
}

int fsz_keygen_command(int argc, char **argv)
{
    struct keygen_options options = {0};
    int                   exit_code = FSZ_EXIT_OK;
    int                   first = fsz_options_read(&keygen_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    if (argc - first != 1) {
        return fsz_usage_error(&keygen_usage, "needs one FILE");
    }
    return keygen_make(argv[first], options.name ? options.name : "");
}
