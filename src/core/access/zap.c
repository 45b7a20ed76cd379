#include "zap.h"

#include <string.h>
#include <zmq.h>

enum zap_frame {
    ZAP_VERSION,
    ZAP_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_CREDENTIALS,
};

static const char zap_version[] = "1.0";

static const size_t zap_credentials[FSZ_ZMTP_MECHANISMS] = {
    /* frames */
    [FSZ_ZMTP_NULL] = 0,
    [FSZ_ZMTP_PLAIN] = 2,
    [FSZ_ZMTP_CURVE] = 1,
};

static bool zap_frame_is(const struct fsz_zap_frame *frame, const char *text)
{
    return frame->size == strlen(text) && memcmp(frame->bytes, text, frame->size) == 0;
}

static enum fsz_zmtp_mechanism_name zap_mechanism(const struct fsz_zap_frame *frame)
{
    enum fsz_zmtp_mechanism_name mechanism = FSZ_ZMTP_NULL;
    while (mechanism < FSZ_ZMTP_MECHANISMS &&
           !zap_frame_is(frame, fsz_zmtp_mechanism_text(mechanism))) {
        mechanism++;
    }
    return mechanism;
}

/* A text has no NUL in it: what comes behind one would be looked at by nobody. */
static bool zap_take_text(const struct fsz_zap_frame *frame, char text[FSZ_ZAP_FRAME_BYTES])
{
    if (memchr(frame->bytes, '\0', frame->size) != NULL) {
        return false;
    }
    memcpy(text, frame->bytes, frame->size);
    text[frame->size] = '\0';
    return true;
}

static bool zap_take_credentials(const struct fsz_zap_frame *frames,
                                 struct fsz_zap_request     *request)
{
    if (request->mechanism == FSZ_ZMTP_PLAIN) {
        return zap_take_text(&frames[0], request->user) &&
               zap_take_text(&frames[1], request->password);
    }
    if (request->mechanism == FSZ_ZMTP_CURVE) {
        if (frames[0].size != 32) {
            return false;
        }
        fsz_key_text(frames[0].bytes, request->key);
    }
    return true;
}

static bool zap_sizes_are_valid(const struct fsz_zap_frames *frames)
{
    if (frames->count < ZAP_CREDENTIALS || frames->count > FSZ_ZAP_FRAMES_MAX) {
        return false;
    }
    for (size_t i = 0; i < frames->count; i++) {
        if (frames->frames[i].size >= FSZ_ZAP_FRAME_BYTES) {
            return false;
        }
    }
    return true;
}

fsz_err fsz_zap_parse(const struct fsz_zap_frames *frames, struct fsz_zap_request *ret_request)
{
    const struct fsz_zap_frame *frame = frames->frames;
    struct fsz_zap_request      request = {.mechanism = FSZ_ZMTP_MECHANISMS};
    if (!zap_sizes_are_valid(frames) || !zap_frame_is(&frame[ZAP_VERSION], zap_version) ||
        !zap_take_text(&frame[ZAP_DOMAIN], request.domain) ||
        !zap_take_text(&frame[ZAP_ADDRESS], request.address)) {
        return FSZ_EINVALID;
    }
    request.mechanism = zap_mechanism(&frame[ZAP_MECHANISM]);
    if (request.mechanism < FSZ_ZMTP_MECHANISMS &&
        (frames->count - ZAP_CREDENTIALS != zap_credentials[request.mechanism] ||
         !zap_take_credentials(&frame[ZAP_CREDENTIALS], &request))) {
        return FSZ_EINVALID;
    }
    *ret_request = request;
    return FSZ_OK;
}

bool fsz_zap_receive(void *socket, struct fsz_zap_frames *ret_frames)
{
    int    more = 1;
    size_t more_size = sizeof(more);
    memset(ret_frames, 0, sizeof(*ret_frames));
    while (more) {
        struct fsz_zap_frame  spare;
        struct fsz_zap_frame *frame = ret_frames->count < FSZ_ZAP_FRAMES_MAX
                                          ? &ret_frames->frames[ret_frames->count]
                                          : &spare;
        int size = zmq_recv(socket, frame->bytes, sizeof(frame->bytes), ZMQ_DONTWAIT);
        if (size < 0) {
            return false;
        }
        frame->size = (size_t)size;
        ret_frames->count++;
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &more_size);
    }
    return true;
}

static void zap_send(void *socket, const void *bytes, size_t size)
{
    zmq_send(socket, bytes, size, ZMQ_SNDMORE);
}

void fsz_zap_reply(void *socket, const struct fsz_zap_frames *frames, const char *status,
                   const char *text, const char *user_id)
{
    const struct fsz_zap_frame *id = &frames->frames[ZAP_ID];
    zap_send(socket, zap_version, strlen(zap_version));
    zap_send(socket, id->bytes, id->size < sizeof(id->bytes) ? id->size : sizeof(id->bytes));
    zap_send(socket, status, strlen(status));
    zap_send(socket, text, strlen(text));
    zap_send(socket, user_id, strlen(user_id));
    zmq_send(socket, "", 0, 0); /* metadata: none */
}
