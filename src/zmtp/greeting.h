/* SPDX-License-Identifier: MPL-2.0 */
/* greeting.h - the start of a connection: signature, version, mechanism and role of both sides (RFC
 * 37, section "The greeting"; RFC 15 for ZMTP 2.0).
 *
 * Each side first sends signature and version, 11 bytes. The rest depends on the peer's version:
 * 3.x gets minor version, mechanism, as-server and filler; 2.0 gets socket type and identity. Pure
 * functions; any thread. */
#ifndef FSZ_ZMTP_GREETING_H
#define FSZ_ZMTP_GREETING_H

#include "zmtp/zmtp.h"

enum {
    FSZ_GREETING_OPENING_BYTES = 11,   /* signature and version */
    FSZ_GREETING_BYTES = 64,           /* the whole greeting of 3.x */
    FSZ_GREETING_MECHANISM_BYTES = 20, /* padded with NUL */
    FSZ_GREETING_2_0_BYTES = 14        /* our whole greeting to a peer of 2.0; it has no identity */
};

struct fsz_greeting {
    enum fsz_zmtp_version        version; /* the version that both sides speak */
    enum fsz_zmtp_mechanism_name mechanism;
    char                         mechanism_text[FSZ_GREETING_MECHANISM_BYTES + 1]; /* as received */
    bool                         as_server;
    /* In 2.0 only. */
    enum fsz_zmtp_type type;
    uint8_t            routing_id[FSZ_ZMTP_ROUTING_ID_MAX];
    size_t             routing_id_size;
};

/* Writes the first 11 bytes of our greeting. */
void fsz_greeting_open(uint8_t ret_bytes[FSZ_GREETING_OPENING_BYTES]);
/* Writes the rest of our greeting once the peer's version is known, and returns its size.
 * `version`: from fsz_greeting_version(). */
size_t fsz_greeting_continue(enum fsz_zmtp_version version, enum fsz_zmtp_type own,
                             enum fsz_zmtp_mechanism_name mechanism, bool as_server,
                             uint8_t ret_bytes[FSZ_GREETING_BYTES]);
/* Finds the peer's version from its first bytes. FSZ_EBUSY: more bytes are needed. FSZ_EINVALID:
 * not ZMTP, or older than 2.0. Any 3.x is reported as 3.0 until the whole greeting has been read. A
 * byte that cannot start a greeting is refused at once. */
FSZ_NODISCARD fsz_err fsz_greeting_version(const uint8_t *bytes, size_t size,
                                           enum fsz_zmtp_version *ret_version);
/* Reads the peer's whole greeting; *ret_used is its size. FSZ_EBUSY: more bytes are needed.
 * FSZ_EINVALID: *ret_ending is the reason (PROTOCOL, VERSION, TYPE). Does not check the mechanism.
 */
FSZ_NODISCARD fsz_err fsz_greeting_read(const uint8_t *bytes, size_t size,
                                        struct fsz_greeting *ret_greeting, size_t *ret_used,
                                        enum fsz_zmtp_ending *ret_ending);

#endif
