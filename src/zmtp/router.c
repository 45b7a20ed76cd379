/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/router.h"

#include <stdbool.h>

/* The index of the first empty frame, or `count`. */
static size_t empty_find(const struct fsz_frames *frames)
{
    size_t i = 0;
    while (i < frames->count && frames->frames[i].size > 0) {
        i++;
    }
    return i;
}

static bool is_within_bounds(const struct fsz_frame *frames, size_t count)
{
    uint8_t head[FSZ_FRAME_HEAD_MAX];
    size_t  bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t room = FSZ_ROUTER_ENVELOPE_BYTES - bytes;
        size_t head_size = fsz_frame_write(head, FSZ_FRAME_MORE, frames[i].size);
        if (frames[i].size > room || head_size > room - frames[i].size) {
            return false;
        }
        bytes += head_size + frames[i].size;
    }
    return count <= FSZ_ROUTER_ENVELOPE_FRAMES;
}

static void envelope_write(const struct fsz_frame *frames, size_t count,
                           struct fsz_buffer *envelope)
{
    uint8_t head[FSZ_FRAME_HEAD_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t head_size = fsz_frame_write(head, FSZ_FRAME_MORE, frames[i].size);
        fsz_buffer_append(envelope, head, head_size);
        fsz_buffer_append(envelope, frames[i].data, frames[i].size);
    }
}

enum fsz_router_shape fsz_router_split(const struct fsz_frames *frames, struct fsz_buffer *envelope,
                                       struct fsz_frame *ret_body)
{
    size_t count = frames->count;
    size_t empty = empty_find(frames);
    size_t way_back = empty < count ? empty + 1 : 0; /* frames of the envelope */
    if (way_back == count) {
        return FSZ_ROUTER_PROBE;
    }
    if (!is_within_bounds(frames->frames, way_back)) {
        return FSZ_ROUTER_TOO_FAR;
    }
    envelope_write(frames->frames, way_back, envelope);
    *ret_body = frames->frames[count - 1];
    return count - way_back == 1 ? FSZ_ROUTER_REQUEST : FSZ_ROUTER_UNFRAMED;
}
