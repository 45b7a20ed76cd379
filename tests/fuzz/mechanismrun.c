/* SPDX-License-Identifier: MPL-2.0 */
#include "mechanismrun.h"

#include <stdlib.h>
#include <string.h>

enum step {
    STEP_TAKE,   /* a length and a command of that many bytes */
    STEP_HONEST, /* the next command of the honest peer */
    STEP_ALTER,  /* the same with one byte altered; then a position and a mask */
    STEP_NEXT,   /* our next command, for the honest peer */
    STEP_ADMIT,
    STEP_JUDGE, /* a status of three bytes */
    STEP_REFUSE,
    STEPS
};

struct run {
    struct fsz_mechanism *side, *peer;
    const uint8_t        *at; /* in the script */
    size_t                left;
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static uint8_t script_byte(struct run *run)
{
    if (run->left == 0) {
        return 0;
    }
    run->left--;
    return *run->at++;
}

static struct fsz_mechanism *side_new(enum fsz_zmtp_mechanism_name name, bool as_server,
                                      enum fsz_zmtp_type type)
{
    struct fsz_mechanism_config config = {
        .name = name, .as_server = as_server, .type = type, .user = "u", .password = "pass"};
    struct fsz_mechanism *mechanism = NULL;
    require(fsz_mechanism_new(&config, &mechanism) == FSZ_OK);
    return mechanism;
}

/* Checks that must pass after every call. */
static void side_check(const struct fsz_mechanism *side)
{
    const char *reason = fsz_mechanism_peer_reason(side);
    for (; *reason != '\0'; reason++) {
        require(*reason >= ' ' && *reason <= '~');
    }
    const struct fsz_mechanism_credentials *credentials = fsz_mechanism_credentials(side);
    require(memchr(credentials->user, '\0', sizeof(credentials->user)) != NULL);
    require(memchr(credentials->password, '\0', sizeof(credentials->password)) != NULL);
    if (fsz_mechanism_state(side) == FSZ_MECHANISM_READY) {
        require(fsz_mechanism_peer(side)->has_type);
        require(fsz_mechanism_peer(side)->routing_id_size <= FSZ_ZMTP_ROUTING_ID_MAX);
    }
}

/* In memory of exactly that size, so that the sanitizer detects reads beyond the end. */
static void side_take(struct fsz_mechanism *side, const uint8_t *bytes, size_t size)
{
    enum fsz_mechanism_state before = fsz_mechanism_state(side);
    enum fsz_zmtp_ending     ending = fsz_mechanism_ending(side);
    uint8_t                 *command = malloc(size ? size : 1);
    require(command != NULL);
    if (size > 0) {
        memcpy(command, bytes, size);
    }
    fsz_err                  err = fsz_mechanism_take(side, command, size);
    enum fsz_mechanism_state after = fsz_mechanism_state(side);
    free(command);
    require((err == FSZ_OK) == (after != FSZ_MECHANISM_FAILED));
    require(err == FSZ_OK || err == FSZ_EINVALID);
    require(before == FSZ_MECHANISM_WORKING || after == FSZ_MECHANISM_FAILED);
    require(before != FSZ_MECHANISM_FAILED || ending == fsz_mechanism_ending(side));
    side_check(side);
}

/* False: there is no command. The caller calls fsz_buffer_fini() on `out`. */
static bool side_next(struct fsz_mechanism *side, struct fsz_buffer *out)
{
    enum fsz_mechanism_state before = fsz_mechanism_state(side);
    fsz_buffer_init(out, FSZ_MECHANISM_COMMAND_MAX);
    bool                     has_one = fsz_mechanism_next(side, out);
    enum fsz_mechanism_state after = fsz_mechanism_state(side);
    require(out->failed == FSZ_OK && has_one == (out->size > 0));
    require(before == after ||
            (has_one && before == FSZ_MECHANISM_WORKING && after == FSZ_MECHANISM_READY));
    require(!has_one || before == FSZ_MECHANISM_WORKING ||
            (before == FSZ_MECHANISM_FAILED && memmem(out->data, out->size, "RROR", 4) != NULL));
    side_check(side);
    return has_one;
}

static void side_judge(struct fsz_mechanism *side, const char *status, bool admits)
{
    static const char        zeros[FSZ_MECHANISM_CREDENTIAL_MAX + 1];
    enum fsz_mechanism_state before = fsz_mechanism_state(side);
    fsz_mechanism_judge(side, status);
    enum fsz_mechanism_state after = fsz_mechanism_state(side);
    if (before != FSZ_MECHANISM_ASKING) {
        require(before == after);
        return;
    }
    require(after == (admits ? FSZ_MECHANISM_WORKING : FSZ_MECHANISM_FAILED));
    require(admits || fsz_mechanism_ending(side) == FSZ_ZMTP_END_REFUSED);
    require(memcmp(fsz_mechanism_credentials(side)->password, zeros, sizeof(zeros)) == 0);
}

static void step_take(struct run *run)
{
    size_t size = script_byte(run);
    size = size < run->left ? size : run->left;
    side_take(run->side, run->at, size);
    run->at += size;
    run->left -= size;
}

/* The honest peer admits us if it waits for a decision. */
static void step_honest(struct run *run, bool alter)
{
    struct fsz_buffer command;
    side_judge(run->peer, "200", true);
    if (side_next(run->peer, &command)) {
        if (alter) {
            size_t at = script_byte(run) % command.size;
            command.data[at] ^= script_byte(run);
        }
        side_take(run->side, command.data, command.size);
    }
    fsz_buffer_fini(&command);
}

static void step_next(struct run *run)
{
    struct fsz_buffer command;
    if (side_next(run->side, &command)) {
        side_take(run->peer, command.data, command.size);
    }
    fsz_buffer_fini(&command);
}

static void step_status(struct run *run, bool refuse)
{
    enum fsz_mechanism_state before = fsz_mechanism_state(run->side);
    char                     status[4] = {0};
    for (size_t i = 0; i < sizeof(status) - 1; i++) {
        status[i] = (char)script_byte(run);
    }
    if (!refuse) {
        side_judge(run->side, status, strcmp(status, "200") == 0);
        return;
    }
    fsz_mechanism_refuse(run->side, status);
    bool is_over = before == FSZ_MECHANISM_READY || before == FSZ_MECHANISM_FAILED;
    require(fsz_mechanism_state(run->side) == (is_over ? before : FSZ_MECHANISM_FAILED));
}

static void run_step(struct run *run)
{
    switch ((enum step)(script_byte(run) % STEPS)) {
    case STEP_TAKE:
        step_take(run);
        break;
    case STEP_HONEST:
    case STEP_ALTER:
        step_honest(run, run->at[-1] % STEPS == STEP_ALTER);
        break;
    case STEP_NEXT:
        step_next(run);
        break;
    case STEP_ADMIT:
        side_judge(run->side, "200", true);
        break;
    case STEP_JUDGE:
    case STEP_REFUSE:
    default:
        step_status(run, run->at[-1] % STEPS == STEP_REFUSE);
        break;
    }
    side_check(run->side);
}

/* Exchanges the commands of both sides. */
static void honest_sides_get_ready(enum fsz_zmtp_mechanism_name name)
{
    struct run run = {.side = side_new(name, true, FSZ_ZMTP_ROUTER),
                      .peer = side_new(name, false, FSZ_ZMTP_DEALER)};
    for (int turn = 0; turn < 4; turn++) {
        step_honest(&run, false);
        side_judge(run.side, "200", true);
        step_next(&run);
    }
    require(fsz_mechanism_state(run.side) == FSZ_MECHANISM_READY);
    require(fsz_mechanism_state(run.peer) == FSZ_MECHANISM_READY);
    fsz_mechanism_free(&run.side);
    fsz_mechanism_free(&run.peer);
}

void mechanismrun(enum fsz_zmtp_mechanism_name name, const uint8_t *data, size_t size)
{
    struct run run = {.at = data, .left = size};
    uint8_t    first = script_byte(&run);
    bool       as_server = first & 1;
    run.side = side_new(name, as_server, (enum fsz_zmtp_type)((first >> 1) % FSZ_ZMTP_TYPES));
    run.peer = side_new(name, !as_server, as_server ? FSZ_ZMTP_DEALER : FSZ_ZMTP_ROUTER);
    while (run.left > 0) {
        run_step(&run);
    }
    fsz_mechanism_free(&run.side);
    fsz_mechanism_free(&run.peer);
    honest_sides_get_ready(name);
}
