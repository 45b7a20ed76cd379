/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/frame.h"

#include <endian.h>
#include <string.h>

enum {
    FRAME_FLAGS_KNOWN = FSZ_FRAME_MORE | FSZ_FRAME_LONG | FSZ_FRAME_COMMAND,
    FRAME_SHORT_HEAD = 2,
    FRAME_SHORT_MAX = 255 /* bytes of the longest body with a one-byte length */
};

static bool flags_are_valid(uint8_t flags)
{
    bool is_command_with_more = (flags & FSZ_FRAME_COMMAND) && (flags & FSZ_FRAME_MORE);
    return (flags & ~FRAME_FLAGS_KNOWN) == 0 && !is_command_with_more;
}

static uint64_t long_size_read(const uint8_t *bytes)
{
    uint64_t size = 0;
    memcpy(&size, bytes, sizeof(size));
    return be64toh(size);
}

fsz_err fsz_frame_read(const uint8_t *bytes, size_t size, struct fsz_frame_head *ret_head)
{
    if (size == 0) {
        return FSZ_EBUSY;
    }
    if (!flags_are_valid(bytes[0])) {
        return FSZ_EINVALID;
    }
    bool   is_long = bytes[0] & FSZ_FRAME_LONG;
    size_t head_size = is_long ? FSZ_FRAME_HEAD_MAX : FRAME_SHORT_HEAD;
    if (size < head_size) {
        return FSZ_EBUSY;
    }
    uint64_t body_size = is_long ? long_size_read(bytes + 1) : bytes[1];
    if (body_size > INT64_MAX) {
        return FSZ_EINVALID;
    }
    *ret_head = (struct fsz_frame_head){
        .flags = (uint8_t)(bytes[0] & ~FSZ_FRAME_LONG),
        .head_size = head_size,
        .body_size = body_size,
    };
    return FSZ_OK;
}

size_t fsz_frame_write(uint8_t head[FSZ_FRAME_HEAD_MAX], uint8_t flags, uint64_t body_size)
{
    if (body_size <= FRAME_SHORT_MAX) {
        head[0] = flags;
        head[1] = (uint8_t)body_size;
        return FRAME_SHORT_HEAD;
    }
    uint64_t size = htobe64(body_size);
    head[0] = flags | FSZ_FRAME_LONG;
    memcpy(head + 1, &size, sizeof(size));
    return FSZ_FRAME_HEAD_MAX;
}

fsz_err fsz_frame_command(const uint8_t *body, size_t size, struct fsz_frame_command *ret_command)
{
    if (size == 0 || body[0] == 0 || body[0] > size - 1) {
        return FSZ_EINVALID;
    }
    size_t name_size = body[0];
    *ret_command = (struct fsz_frame_command){
        .name = body + 1,
        .name_size = name_size,
        .data = body + 1 + name_size,
        .data_size = size - 1 - name_size,
    };
    return FSZ_OK;
}

bool fsz_frame_command_is(const struct fsz_frame_command *command, const char *name)
{
    return strlen(name) == command->name_size &&
           memcmp(name, command->name, command->name_size) == 0;
}
