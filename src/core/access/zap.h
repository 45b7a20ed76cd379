/* zap.h - questions of ZAP 1.0 (RFC 27) and the answers to them, as frames.
 *
 * fsz_zap_parse() is pure; the others belong to the thread of the socket. */
#ifndef FSZ_ZAP_H
#define FSZ_ZAP_H

#include "cert.h"
#include "zmtp/zmtp.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FSZ_ZAP_FRAMES_MAX = 8,   /* version, id, domain, address, identity, mechanism, credentials */
    FSZ_ZAP_FRAME_BYTES = 256 /* of one frame, and one for a NUL: all of them are at most 255 */
};

struct fsz_zap_frame {
    size_t        size; /* as it came, also when that is more than fits */
    unsigned char bytes[FSZ_ZAP_FRAME_BYTES];
};

struct fsz_zap_frames {
    size_t               count; /* as came, also when those are more than fit */
    struct fsz_zap_frame frames[FSZ_ZAP_FRAMES_MAX];
};

/* Who wants in where. The texts are the peer's, but for the domain and the address. */
struct fsz_zap_request {
    char                         domain[FSZ_ZAP_FRAME_BYTES];
    char                         address[FSZ_ZAP_FRAME_BYTES]; /* as libzmq writes it */
    enum fsz_zmtp_mechanism_name mechanism;
    char                         user[FSZ_ZAP_FRAME_BYTES];     /* PLAIN */
    char                         password[FSZ_ZAP_FRAME_BYTES]; /* PLAIN */
    char                         key[FSZ_KEY_BYTES];            /* CURVE: the public key, Z85 */
};

/* FSZ_EINVALID: not ZAP 1.0, or not the credentials that the mechanism has. */
FSZ_NODISCARD fsz_err fsz_zap_parse(const struct fsz_zap_frames *frames,
                                    struct fsz_zap_request      *ret_request);
/* One whole question, if one is there. */
bool fsz_zap_receive(void *socket, struct fsz_zap_frames *ret_frames);
/* Answers the question received last. `user_id` may be empty. */
void fsz_zap_reply(void *socket, const struct fsz_zap_frames *frames, const char *status,
                   const char *text, const char *user_id);

#endif
