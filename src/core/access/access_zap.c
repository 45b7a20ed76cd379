/* libzmq's questions. */
#include "access_private.h"
#include "zap.h"

#include <sodium.h>
#include <string.h>

static void access_zap_judge(struct fsz_access *access, const struct fsz_zap_frames *frames,
                             const struct fsz_zap_request *request)
{
    struct access_verdict        verdict;
    char                         id[FSZ_PEER_ID_BYTES] = "";
    const struct access_question question = {
        .owner = request->domain,
        .address = fsz_peer_plain_address(request->address),
        .origin = request->address,
        .stage = FSZ_ADMISSION_CREDENTIALS,
        .shown = {request->mechanism, request->user, request->password, request->key},
    };
    fsz_access_judge(access, &question, &verdict);
    if (strcmp(verdict.status, "200") == 0) {
        fsz_peer_write_id(&verdict.peer, id);
    }
    fsz_zap_reply(access->socket, frames, verdict.status, verdict.text, id);
}

void fsz_access_answer_zap(struct fsz_access *access)
{
    struct fsz_zap_frames  frames;
    struct fsz_zap_request request;
    while (fsz_zap_receive(access->socket, &frames)) {
        if (fsz_zap_parse(&frames, &request) == FSZ_OK) {
            access_zap_judge(access, &frames, &request);
        } else {
            access->malformed++;
            fsz_zap_reply(access->socket, &frames, "500", "not ZAP 1.0", "");
        }
        sodium_memzero(&frames, sizeof(frames)); /* the password is in both */
        sodium_memzero(&request, sizeof(request));
    }
}
