/* SPDX-License-Identifier: MPL-2.0 */
#include "keys/cert.h"

#include "keys/file.h"
#include "keys/zpl.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum { CERT_TEXT_BYTES_MAX = 4096 };

static const char cert_public_banner[] =
    "#   ZeroMQ CURVE Public Certificate\n"
    "#   Give this file to those who need the key; it contains no secret.\n\n";
static const char cert_secret_banner[] =
    "#   ZeroMQ CURVE **Secret** Certificate\n"
    "#   DO NOT SHARE THIS FILE or change its permissions.\n\n";

/* ---- keys ------------------------------------------------------------------------------------ */

bool fsz_key_bytes(const char *key, unsigned char ret_key[32])
{
    if (strlen(key) == FSZ_KEY_BYTES - 1 && zmq_z85_decode(ret_key, key) != NULL) {
        return true;
    }
    sodium_memzero(ret_key, 32);
    return false;
}

bool fsz_key_is_valid(const char *key)
{
    unsigned char bytes[32];
    bool          valid = fsz_key_bytes(key, bytes);
    sodium_memzero(bytes, sizeof(bytes));
    return valid;
}

void fsz_key_text(const unsigned char key[32], char ret_text[FSZ_KEY_BYTES])
{
    zmq_z85_encode(ret_text, key, 32);
}

void fsz_cert_forget(struct fsz_cert *cert)
{
    sodium_memzero(cert, sizeof(*cert));
}

/* Can the name be quoted on one line? */
static bool cert_name_is_valid(const char *name)
{
    for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f || *c == '"') {
            return false;
        }
    }
    return strlen(name) < sizeof(((struct fsz_cert *)NULL)->name);
}

fsz_err fsz_cert_make(const char *name, struct fsz_cert *ret_cert)
{
    struct fsz_cert cert = {0};
    if (!cert_name_is_valid(name)) {
        return FSZ_EINVALID;
    }
    if (zmq_curve_keypair(cert.public_key, cert.secret_key) != 0) {
        return FSZ_ESYSTEM;
    }
    memcpy(cert.name, name, strlen(name));
    *ret_cert = cert;
    fsz_cert_forget(&cert);
    return FSZ_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The state of reading one file. */
struct cert_reader {
    const char     *path;
    struct fsz_zpl  zpl;
    struct fsz_cert cert;
    char           *why;
    size_t          why_bytes;
};

static fsz_err cert_take_key(struct cert_reader *reader, const struct fsz_zpl_property *property,
                             char key[FSZ_KEY_BYTES])
{
    const char *wrong = NULL;
    if (key[0] != '\0') {
        wrong = "is set twice; remove one";
    } else if (!fsz_key_is_valid(property->value)) {
        wrong = "is not a key; a key is 40 characters of Z85 (make one with: fszmq keygen)";
    }
    if (wrong != NULL) {
        snprintf(reader->why, reader->why_bytes, "%s:%zu: %s %s", reader->path, reader->zpl.line,
                 property->name, wrong);
        return FSZ_EINVALID;
    }
    memcpy(key, property->value, FSZ_KEY_BYTES);
    return FSZ_OK;
}

static fsz_err cert_take(struct cert_reader *reader, const struct fsz_zpl_property *property)
{
    if (strcmp(property->section, "curve") == 0) {
        if (strcmp(property->name, "public-key") == 0) {
            return cert_take_key(reader, property, reader->cert.public_key);
        }
        if (strcmp(property->name, "secret-key") == 0) {
            return cert_take_key(reader, property, reader->cert.secret_key);
        }
    }
    if (strcmp(property->section, "metadata") == 0 && strcmp(property->name, "name") == 0 &&
        cert_name_is_valid(property->value)) {
        memcpy(reader->cert.name, property->value, strlen(property->value) + 1);
    }
    return FSZ_OK; /* members of other programs */
}

static fsz_err cert_parse(struct cert_reader *reader)
{
    struct fsz_zpl_property property;
    const char             *wrong = NULL;
    fsz_err                 err = FSZ_OK;
    while (err == FSZ_OK) {
        err = fsz_zpl_next(&reader->zpl, &property, &wrong);
        if (err == FSZ_EINVALID) {
            snprintf(reader->why, reader->why_bytes, "%s:%zu: %s; not a certificate", reader->path,
                     reader->zpl.line, wrong);
        } else if (err == FSZ_OK) {
            err = cert_take(reader, &property);
        }
    }
    sodium_memzero(&property, sizeof(property));
    return err == FSZ_ENOTFOUND ? FSZ_OK : err;
}

/* Checks the certificate after the whole file was read. */
static fsz_err cert_check(const struct cert_reader *reader, mode_t mode)
{
    const struct fsz_cert *cert = &reader->cert;
    char                   derived[FSZ_KEY_BYTES];
    const char            *wrong = NULL;
    if (cert->public_key[0] == '\0') {
        wrong = "has no public-key in section `curve`; not a certificate";
    } else if (cert->secret_key[0] != '\0' && (mode & 077) != 0) {
        wrong = "contains a secret key and is readable by others; run chmod 600, and make a new "
                "key if someone may have read it";
    } else if (cert->secret_key[0] != '\0' && (zmq_curve_public(derived, cert->secret_key) != 0 ||
                                               strcmp(derived, cert->public_key) != 0)) {
        wrong = "has a secret-key that does not match its public-key; make a new pair";
    }
    if (wrong != NULL) {
        snprintf(reader->why, reader->why_bytes, "%s: %s", reader->path, wrong);
        return FSZ_EINVALID;
    }
    return FSZ_OK;
}

fsz_err fsz_cert_read(const char *path, struct fsz_cert *ret_cert, char *ret_why, size_t why_bytes)
{
    struct cert_reader reader = {.path = path, .why = ret_why, .why_bytes = why_bytes};
    struct fsz_file    file = {0};
    fsz_err err = fsz_file_read(path, FSZ_CERT_FILE_BYTES_MAX, &file, ret_why, why_bytes);
    if (err != FSZ_OK) {
        return err == FSZ_ELIMIT ? FSZ_EINVALID : err;
    }
    reader.zpl.next = file.text;
    err = cert_parse(&reader);
    if (err == FSZ_OK) {
        err = cert_check(&reader, file.mode);
    }
    if (err == FSZ_OK) {
        *ret_cert = reader.cert;
    }
    fsz_cert_forget(&reader.cert);
    fsz_file_forget(&file);
    return err;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void cert_compose(const struct fsz_cert *cert, bool with_secret, char *ret_text,
                         size_t text_bytes)
{
    char name[96] = "";
    char secret[96] = "";
    if (cert->name[0] != '\0') {
        snprintf(name, sizeof(name), "    name = \"%s\"\n", cert->name);
    }
    if (with_secret) {
        snprintf(secret, sizeof(secret), "    secret-key = \"%s\"\n", cert->secret_key);
    }
    snprintf(ret_text, text_bytes, "%smetadata\n%scurve\n    public-key = \"%s\"\n%s",
             with_secret ? cert_secret_banner : cert_public_banner, name, cert->public_key, secret);
    sodium_memzero(secret, sizeof(secret));
}

static fsz_err cert_write_secret(const char *path, const struct fsz_cert *cert, char *ret_why,
                                 size_t why_bytes)
{
    char text[CERT_TEXT_BYTES_MAX];
    cert_compose(cert, true, text, sizeof(text));
    fsz_err err = fsz_file_create(path, text, 0600, ret_why, why_bytes);
    sodium_memzero(text, sizeof(text));
    return err;
}

/* Writes the secret key first: a public key without its secret key would be useless. */
fsz_err fsz_cert_write(const char *path, const struct fsz_cert *cert, char *ret_why,
                       size_t why_bytes)
{
    char    text[CERT_TEXT_BYTES_MAX], secret_path[PATH_MAX];
    bool    has_secret = cert->secret_key[0] != '\0';
    fsz_err err = FSZ_OK;
    if (snprintf(secret_path, sizeof(secret_path), "%s_secret", path) >= PATH_MAX) {
        snprintf(ret_why, why_bytes, "%s: the path is too long", path);
        return FSZ_ESYSTEM;
    }
    if (has_secret) {
        err = cert_write_secret(secret_path, cert, ret_why, why_bytes);
    }
    if (err != FSZ_OK) {
        return err;
    }
    cert_compose(cert, false, text, sizeof(text));
    err = fsz_file_create(path, text, 0644, ret_why, why_bytes);
    if (err != FSZ_OK && has_secret) {
        unlink(secret_path);
    }
    return err;
}
