/* greeting.h - how a connection begins: both sides' signature, version, mechanism and role (RFC 37,
 * section "The greeting"; RFC 15 for ZMTP 2.0).
 *
 * Each side first sends signature and version, 11 bytes. What follows depends on the peer's
 * version: 3.x gets minor version, mechanism, as-server and filler; 2.0 gets socket type and
 * identity. Pure functions; any thread. */
#ifndef FSZ_ZMTP_GREETING_H
#define FSZ_ZMTP_GREETING_H

#include "zmtp/zmtp.h"

enum {
    FSZ_GREETING_OPENING_BYTES = 11,   /* signature and version */
    FSZ_GREETING_BYTES = 64,           /* of 3.x, whole */
    FSZ_GREETING_MECHANISM_BYTES = 20, /* padded with NUL */
    FSZ_GREETING_2_0_BYTES = 14        /* of ours to a peer of 2.0, whole: no identity */
};

struct fsz_greeting {
    enum fsz_zmtp_version        version; /* the one that both speak */
    enum fsz_zmtp_mechanism_name mechanism;
    char                         mechanism_text[FSZ_GREETING_MECHANISM_BYTES + 1]; /* as it came */
    bool                         as_server;
    /* 2.0 only. */
    enum fsz_zmtp_type type;
    uint8_t            routing_id[FSZ_ZMTP_ROUTING_ID_MAX];
    size_t             routing_id_size;
};

/* The first 11 bytes that we send. */
void fsz_greeting_open(uint8_t ret_bytes[FSZ_GREETING_OPENING_BYTES]);
/* What we send once the peer's version is known; returns its size. `version`: what
 * fsz_greeting_version() gave. */
size_t fsz_greeting_continue(enum fsz_zmtp_version version, enum fsz_zmtp_type own,
                             enum fsz_zmtp_mechanism_name mechanism, bool as_server,
                             uint8_t ret_bytes[FSZ_GREETING_BYTES]);
/* The peer's version, from its first bytes. FSZ_EBUSY: more are needed. FSZ_EINVALID: no ZMTP, or
 * one older than 2.0. 3.x counts as 3.0 until the whole greeting has been read. A byte that can't
 * begin a greeting is refused at once. */
FSZ_NODISCARD fsz_err fsz_greeting_version(const uint8_t *bytes, size_t size,
                                           enum fsz_zmtp_version *ret_version);
/* The peer's whole greeting; *ret_used is how many bytes it took. FSZ_EBUSY: more are needed.
 * FSZ_EINVALID: *ret_ending says what is wrong (PROTOCOL, VERSION, TYPE). The mechanism is not
 * judged. */
FSZ_NODISCARD fsz_err fsz_greeting_read(const uint8_t *bytes, size_t size,
                                        struct fsz_greeting *ret_greeting, size_t *ret_used,
                                        enum fsz_zmtp_ending *ret_ending);

#endif
