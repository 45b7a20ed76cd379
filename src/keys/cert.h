/* cert.h - CURVE certificates in files, as CZMQ's zcert and PyZMQ's zmq.auth write them (ZPL, RFC
 * 4).
 *
 * A pair of keys is two files: NAME.key with the public key and the metadata, NAME.key_secret with
 * both keys, mode 0600. Keys are Z85 text (RFC 32). Any thread; blocks on the file. */
#ifndef FSZ_CERT_H
#define FSZ_CERT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_KEY_BYTES = 41, FSZ_CERT_FILE_BYTES_MAX = 64 << 10 }; /* a key's text, NUL included */

struct fsz_cert {
    char public_key[FSZ_KEY_BYTES];
    char secret_key[FSZ_KEY_BYTES]; /* empty: the file holds a public key only */
    char name[65];                  /* of the metadata, or empty */
};

/* A new pair, from the system's random source. `name` may be empty. FSZ_EINVALID: the name is
 * longer than 64 bytes, or has a quote or a control character in it. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_cert_make(const char *name, struct fsz_cert *ret_cert);
/* Reads one file, whichever of the two it is. On FSZ_EINVALID, FSZ_ESYSTEM and FSZ_ENOMEM ret_why
 * says what is wrong, where (path and line) and what to do; a file with a secret key that others
 * than its owner may read is FSZ_EINVALID. */
FSZ_NODISCARD fsz_err fsz_cert_read(const char *path, struct fsz_cert *ret_cert, char *ret_why,
                                    size_t why_bytes);
/* Writes `path` and, for a cert with a secret key, `path`_secret; both must not be there yet
 * (FSZ_EBUSY) and are whole or not there at all. FSZ_ESYSTEM, ret_why as above. */
FSZ_NODISCARD fsz_err fsz_cert_write(const char *path, const struct fsz_cert *cert, char *ret_why,
                                     size_t why_bytes);
/* Is this the Z85 text of 32 bytes? */
bool fsz_key_is_valid(const char *key);
/* Z85 text to 32 bytes. False: it is none, and ret_key is all zero. */
bool fsz_key_bytes(const char *key, unsigned char ret_key[32]);
/* 32 bytes to Z85 text. */
void fsz_key_text(const unsigned char key[32], char ret_text[FSZ_KEY_BYTES]);
/* Wipes it from memory. */
void fsz_cert_forget(struct fsz_cert *cert);

#endif
