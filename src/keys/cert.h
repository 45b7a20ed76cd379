/* SPDX-License-Identifier: MPL-2.0 */
/* cert.h - CURVE certificates in files, as CZMQ's zcert and PyZMQ's zmq.auth write them (ZPL, RFC
 * 4).
 *
 * A key pair is two files: NAME.key with the public key and the metadata, NAME.key_secret with both
 * keys, mode 0600. Keys are Z85 text (RFC 32). Any thread; blocks on the disk. */
#ifndef FSZ_CERT_H
#define FSZ_CERT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_KEY_BYTES = 41, FSZ_CERT_FILE_BYTES_MAX = 64 << 10 }; /* of a key's text, with its NUL */

struct fsz_cert {
    char public_key[FSZ_KEY_BYTES];
    char secret_key[FSZ_KEY_BYTES]; /* empty: the file has only a public key */
    char name[65];                  /* from the metadata; may be empty */
};

/* Generates a key pair from the system's random source. `name` may be empty. FSZ_EINVALID: the name
 * is longer than 64 bytes, or contains a quote or a control character. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_cert_make(const char *name, struct fsz_cert *ret_cert);
/* Reads either of the two files. On FSZ_EINVALID, FSZ_ESYSTEM and FSZ_ENOMEM, ret_why says what is
 * wrong, where (path and line) and what to do. FSZ_EINVALID also if others may read a file with a
 * secret key. */
FSZ_NODISCARD fsz_err fsz_cert_read(const char *path, struct fsz_cert *ret_cert, char *ret_why,
                                    size_t why_bytes);
/* Writes `path` and, for a certificate with a secret key, `path`_secret. Neither may exist
 * (FSZ_EBUSY). Each file is written completely or not at all. FSZ_ESYSTEM; ret_why as above. */
FSZ_NODISCARD fsz_err fsz_cert_write(const char *path, const struct fsz_cert *cert, char *ret_why,
                                     size_t why_bytes);
/* Is this the Z85 text of 32 bytes? */
bool fsz_key_is_valid(const char *key);
/* Converts Z85 text to 32 bytes. False: not a key; ret_key is all zero. */
bool fsz_key_bytes(const char *key, unsigned char ret_key[32]);
/* Converts 32 bytes to Z85 text. */
void fsz_key_text(const unsigned char key[32], char ret_text[FSZ_KEY_BYTES]);
/* Wipes it from memory. */
void fsz_cert_forget(struct fsz_cert *cert);

#endif
