/* SPDX-License-Identifier: MPL-2.0 */
/* frame.h - frames of ZMTP 2.0 and 3.x: a byte of flags, a length of one or eight bytes, a body
 * (RFC 15, RFC 23, RFC 37). Pure functions; any thread. */
#ifndef FSZ_ZMTP_FRAME_H
#define FSZ_ZMTP_FRAME_H

#include "zmtp/zmtp.h"

enum {
    FSZ_FRAME_MORE = 0x01,    /* another frame of the same message follows */
    FSZ_FRAME_LONG = 0x02,    /* the length field has eight bytes */
    FSZ_FRAME_COMMAND = 0x04, /* a command; not in ZMTP 2.0 */
    FSZ_FRAME_HEAD_MAX = 9    /* bytes of the longest frame header */
};

struct fsz_frame_head {
    uint8_t  flags;     /* MORE and COMMAND only */
    size_t   head_size; /* 2 or 9 */
    uint64_t body_size;
};

/* Reads a frame header. FSZ_EBUSY: it is incomplete. FSZ_EINVALID: reserved flags, a command with
 * MORE, or a length of 2^63 or more. */
FSZ_NODISCARD fsz_err fsz_frame_read(const uint8_t *bytes, size_t size,
                                     struct fsz_frame_head *ret_head);
/* Writes a frame header and returns its size. `flags`: MORE, COMMAND. */
size_t fsz_frame_write(uint8_t head[FSZ_FRAME_HEAD_MAX], uint8_t flags, uint64_t body_size);

/* Splits a command into its name and data. FSZ_EINVALID: the name is empty or longer than the body.
 */
struct fsz_frame_command {
    const uint8_t *name, *data;
    size_t         name_size, data_size;
};
FSZ_NODISCARD fsz_err fsz_frame_command(const uint8_t *body, size_t size,
                                        struct fsz_frame_command *ret_command);
bool fsz_frame_command_is(const struct fsz_frame_command *command, const char *name);

/* The frames of one received message. The struct does not own them. */
struct fsz_frames {
    size_t count;
    struct fsz_frame {
        const uint8_t *data;
        size_t         size;
    } frames[];
};

#endif
