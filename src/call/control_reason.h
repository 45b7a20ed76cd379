/* SPDX-License-Identifier: MPL-2.0 */
/* control_reason.h - why control of a call ended, and the words for it on the wire. */
#ifndef FSZ_CONTROL_REASON_H
#define FSZ_CONTROL_REASON_H

/* `reason` of call.end (docs/protocol/calls.md). */
enum fsz_control_reason {
    FSZ_REASON_HANGUP,
    FSZ_REASON_REPLACED, /* a hangup after which another call carries on the conversation */
    FSZ_REASON_RELEASED,
    FSZ_REASON_HANDED_OVER,
    FSZ_REASON_LOST,
    FSZ_REASON_CLOSED,
    FSZ_REASON_BRIDGED,
    FSZ_REASON_TRANSFERRED,
    FSZ_REASON_COUNT,
};

/* Static storage. */
const char *fsz_control_reason_word(enum fsz_control_reason reason);

#endif
