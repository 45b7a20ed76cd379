/* SPDX-License-Identifier: MPL-2.0 */
/* Arbitrary bytes as a greeting, as metadata, and as the frames of a message to a ROUTER. Data in
 * pieces must be treated like the whole; data that is read and written again must be the same; and
 * nothing may be read beyond the end. */
#include "zmtp/greeting.h"
#include "zmtp/metadata.h"
#include "zmtp/router.h"
#include "zmtp/zmtp_message.h"

#include <stdlib.h>
#include <string.h>

enum { GREETING_MOST = 12 + FSZ_FRAME_HEAD_MAX + FSZ_ZMTP_ROUTING_ID_MAX, FRAMES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

/* In memory of exactly that size, so that the sanitizer detects reads beyond the end. */
static uint8_t *exact_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    require(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

struct verdict {
    fsz_err              err;
    struct fsz_greeting  greeting;
    size_t               used;
    enum fsz_zmtp_ending ending;
};

static struct verdict greeting_judge(const uint8_t *data, size_t size)
{
    struct verdict verdict = {.ending = FSZ_ZMTP_ENDING_COUNT};
    uint8_t       *bytes = exact_copy(data, size);
    verdict.err = fsz_greeting_read(bytes, size, &verdict.greeting, &verdict.used, &verdict.ending);
    enum fsz_zmtp_version version = FSZ_ZMTP_UNKNOWN;
    fsz_err               early = fsz_greeting_version(bytes, size, &version);
    require(early != FSZ_EBUSY || verdict.err == FSZ_EBUSY);
    require(early != FSZ_EINVALID || verdict.err == FSZ_EINVALID);
    require((early == FSZ_OK) == (version != FSZ_ZMTP_UNKNOWN));
    free(bytes);
    return verdict;
}

static void greeting_check(const struct verdict *verdict, size_t size)
{
    const struct fsz_greeting *greeting = &verdict->greeting;
    require((verdict->err == FSZ_EINVALID) == (verdict->ending != FSZ_ZMTP_ENDING_COUNT));
    if (verdict->err == FSZ_OK) {
        require(verdict->used <= size && verdict->used <= GREETING_MOST);
        require(greeting->version != FSZ_ZMTP_UNKNOWN);
        require(greeting->routing_id_size <= FSZ_ZMTP_ROUTING_ID_MAX);
        require(greeting->type < FSZ_ZMTP_TYPES);
        require(greeting->mechanism_text[FSZ_GREETING_MECHANISM_BYTES] == '\0');
    } else {
        require(verdict->used == 0 && greeting->version == FSZ_ZMTP_UNKNOWN);
    }
}

/* Byte by byte: the result is "wait" until the greeting is complete or refused, and then final. */
static void greeting_fuzz(const uint8_t *data, size_t size)
{
    struct verdict last = {.err = FSZ_EBUSY};
    for (size_t known = 0; known <= size && known <= GREETING_MOST; known++) {
        struct verdict verdict = greeting_judge(data, known);
        greeting_check(&verdict, known);
        if (last.err != FSZ_EBUSY) {
            require(verdict.err == last.err && verdict.used == last.used);
            require(memcmp(&verdict.greeting, &last.greeting, sizeof(last.greeting)) == 0);
        } else if (verdict.err == FSZ_OK) {
            require(verdict.used == known);
        }
        last = verdict;
    }
    require(last.err != FSZ_EBUSY || size < GREETING_MOST);
}

static void metadata_fuzz(const uint8_t *data, size_t size)
{
    uint8_t            *bytes = exact_copy(data, size);
    struct fsz_metadata metadata, again;
    if (fsz_metadata_read(bytes, size, &metadata) == FSZ_OK) {
        struct fsz_buffer out;
        fsz_buffer_init(&out, FSZ_METADATA_BYTES_MAX);
        if (metadata.has_type) {
            const char *name = fsz_zmtp_type_name(metadata.type);
            fsz_metadata_append(&out, "Socket-Type", name, strlen(name));
        }
        fsz_metadata_append(&out, "Identity", metadata.routing_id, metadata.routing_id_size);
        require(fsz_metadata_read(out.data, out.size, &again) == FSZ_OK);
        require(memcmp(&metadata, &again, sizeof(again)) == 0);
        fsz_buffer_fini(&out);
    }
    free(bytes);
}

static void command_fuzz(const uint8_t *body, size_t size)
{
    struct fsz_frame_command command;
    if (fsz_frame_command(body, size, &command) == FSZ_OK) {
        require(command.name_size > 0 && command.name == body + 1);
        require(command.name_size + command.data_size + 1 == size);
        require(command.data == command.name + command.name_size);
        (void)fsz_frame_command_is(&command, "PING");
    }
}

static void head_check(const struct fsz_frame_head *head)
{
    uint8_t               bytes[FSZ_FRAME_HEAD_MAX];
    struct fsz_frame_head again;
    size_t                size = fsz_frame_write(bytes, head->flags, head->body_size);
    require(size <= head->head_size);
    require(fsz_frame_read(bytes, size, &again) == FSZ_OK);
    require(again.flags == head->flags && again.body_size == head->body_size);
    require(fsz_frame_read(bytes, size - 1, &again) == FSZ_EBUSY);
}

/* Takes the complete frames, whatever their flags. */
static void frames_take(const uint8_t *bytes, size_t size, struct fsz_frames *frames)
{
    struct fsz_frame_head head;
    size_t                at = 0;
    while (frames->count < FRAMES_MAX && fsz_frame_read(bytes + at, size - at, &head) == FSZ_OK) {
        head_check(&head);
        at += head.head_size;
        if (head.body_size > size - at) {
            return;
        }
        command_fuzz(bytes + at, head.body_size);
        frames->frames[frames->count++] = (struct fsz_frame){bytes + at, head.body_size};
        at += head.body_size;
    }
}

static void same_frame(const struct fsz_frame *frame, const struct fsz_frame_head *head,
                       const uint8_t *body)
{
    require(frame->size == head->body_size);
    require(frame->size == 0 || memcmp(frame->data, body, frame->size) == 0);
}

static void message_fuzz(const struct fsz_frames *frames)
{
    struct fsz_zmtp_message *message = NULL;
    struct fsz_frame_head    head;
    const uint8_t           *body = NULL;
    size_t                   at = 0;
    require(fsz_zmtp_message_new(frames->frames, frames->count, FSZ_ZMTP_NORMAL, &message) ==
            FSZ_OK);
    for (size_t i = 0; i < frames->count; i++) {
        require(fsz_zmtp_message_next(message, &at, &head, &body));
        require(head.flags == (i + 1 < frames->count ? FSZ_FRAME_MORE : 0));
        same_frame(&frames->frames[i], &head, body);
    }
    require(at == fsz_zmtp_message_size(message));
    require(!fsz_zmtp_message_next(message, &at, &head, &body));
    fsz_zmtp_message_unref(message);
}

/* The envelope consists of the first frames of the message; the last of them is empty. */
static void envelope_check(const struct fsz_frames *frames, const struct fsz_buffer *envelope)
{
    struct fsz_frame_head head = {.body_size = 0};
    size_t                at = 0;
    size_t                count = 0;
    while (at < envelope->size) {
        require(fsz_frame_read(envelope->data + at, envelope->size - at, &head) == FSZ_OK);
        require(head.flags == FSZ_FRAME_MORE && count < frames->count);
        require(head.body_size <= envelope->size - at - head.head_size);
        same_frame(&frames->frames[count++], &head, envelope->data + at + head.head_size);
        at += head.head_size + head.body_size;
        require((head.body_size == 0) == (at == envelope->size));
    }
    require(count <= FSZ_ROUTER_ENVELOPE_FRAMES && at <= FSZ_ROUTER_ENVELOPE_BYTES);
}

static void router_fuzz(const struct fsz_frames *frames)
{
    struct fsz_buffer envelope;
    struct fsz_frame  body = {NULL, 0};
    fsz_buffer_init(&envelope, FSZ_ROUTER_ENVELOPE_BYTES);
    enum fsz_router_shape shape = fsz_router_split(frames, &envelope, &body);
    require(envelope.failed == FSZ_OK);
    envelope_check(frames, &envelope);
    if (shape == FSZ_ROUTER_REQUEST || shape == FSZ_ROUTER_UNFRAMED) {
        require(body.data == frames->frames[frames->count - 1].data);
        require(body.size == frames->frames[frames->count - 1].size);
    } else {
        require(envelope.size == 0 && body.data == NULL);
    }
    fsz_buffer_fini(&envelope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fsz_frames *frames = calloc(1, sizeof(*frames) + FRAMES_MAX * sizeof(struct fsz_frame));
    uint8_t           *bytes = exact_copy(data, size);
    require(frames != NULL);
    greeting_fuzz(data, size);
    metadata_fuzz(data, size);
    frames_take(bytes, size, frames);
    if (frames->count > 0) {
        message_fuzz(frames);
        router_fuzz(frames);
    }
    free(bytes);
    free(frames);
    return 0;
}
