/* Questions of ZAP from arbitrary bytes: what is taken has each of its texts whole, and what comes
 * of the credentials is what came.
 *
 * Input: for each frame two bytes of size, little endian, and as many bytes as fit. */
#include "zap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

static struct fsz_zap_frames *frames_read(const uint8_t *data, size_t size)
{
    struct fsz_zap_frames *frames = calloc(1, sizeof(*frames));
    require(frames != NULL);
    for (; size >= 2; frames->count++) {
        struct fsz_zap_frame  spare;
        bool                  fits = frames->count < FSZ_ZAP_FRAMES_MAX;
        struct fsz_zap_frame *frame = fits ? &frames->frames[frames->count] : &spare;
        size_t                wanted = data[0] | (size_t)data[1] << 8;
        frame->size = wanted;
        data += 2;
        size -= 2;
        wanted = wanted < size ? wanted : size;
        memcpy(frame->bytes, data, wanted < FSZ_ZAP_FRAME_BYTES ? wanted : FSZ_ZAP_FRAME_BYTES);
        data += wanted;
        size -= wanted;
    }
    return frames;
}

static void require_text(const struct fsz_zap_frame *frame, const char *text)
{
    require(strlen(text) == frame->size && memcmp(text, frame->bytes, frame->size) == 0);
}

static void require_key(const struct fsz_zap_frame *frame, const char *key)
{
    unsigned char bytes[32];
    require(frame->size == 32 && fsz_key_is_valid(key));
    require(zmq_z85_decode(bytes, key) != NULL && memcmp(bytes, frame->bytes, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fsz_zap_frames *frames = frames_read(data, size);
    struct fsz_zap_request request;
    if (fsz_zap_parse(frames, &request) == FSZ_OK) {
        const struct fsz_zap_frame *frame = frames->frames;
        require(frames->count >= 6 && frames->count <= FSZ_ZAP_FRAMES_MAX);
        require_text(&frame[0], "1.0");
        require_text(&frame[2], request.domain);
        require_text(&frame[3], request.address);
        if (request.mechanism == FSZ_ZMTP_PLAIN) {
            require_text(&frame[6], request.user);
            require_text(&frame[7], request.password);
        } else if (request.mechanism == FSZ_ZMTP_CURVE) {
            require_key(&frame[6], request.key);
        }
    }
    free(frames);
    return 0;
}
