/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/mechanism_private.h"

#include <stdlib.h>
#include <string.h>

/* The next step of a side. The client sends HELLO and INITIATE, the server WELCOME and READY (RFC
 * 24). */
enum plain_step {
    PLAIN_BEGIN, /* the client sends HELLO, the server waits for it */
    PLAIN_WAIT_WELCOME,
    PLAIN_SEND_INITIATE,
    PLAIN_WAIT_READY,
    PLAIN_SEND_WELCOME,
    PLAIN_WAIT_INITIATE,
    PLAIN_SEND_READY,
    PLAIN_DONE
};

struct mech_plain {
    struct fsz_mechanism base;
    enum plain_step      step;
};

static fsz_err plain_fail(struct mech_plain *plain)
{
    return fsz_mechanism_fail(&plain->base, FSZ_ZMTP_END_PROTOCOL);
}

/* Reads a length and that many bytes as a text. */
static bool credential_take(const uint8_t **data, size_t *left,
                            char ret_text[FSZ_MECHANISM_CREDENTIAL_MAX + 1])
{
    if (*left == 0 || **data > *left - 1) {
        return false;
    }
    size_t size = **data;
    memcpy(ret_text, *data + 1, size);
    ret_text[size] = '\0';
    *data += 1 + size;
    *left -= 1 + size;
    return strlen(ret_text) == size;
}

static fsz_err hello_take(struct mech_plain *plain, const struct fsz_frame_command *command)
{
    struct fsz_mechanism_credentials *credentials = &plain->base.credentials;
    const uint8_t                    *data = command->data;
    size_t                            left = command->data_size;
    if (!credential_take(&data, &left, credentials->user) ||
        !credential_take(&data, &left, credentials->password) || left > 0) {
        return plain_fail(plain);
    }
    plain->base.state = FSZ_MECHANISM_ASKING;
    return FSZ_OK;
}

static fsz_err welcome_take(struct mech_plain *plain, const struct fsz_frame_command *command)
{
    if (command->data_size > 0) {
        return plain_fail(plain);
    }
    plain->step = PLAIN_SEND_INITIATE;
    return FSZ_OK;
}

static fsz_err initiate_take(struct mech_plain *plain, const struct fsz_frame_command *command)
{
    fsz_err err = fsz_mechanism_take_metadata(&plain->base, command->data, command->data_size);
    if (err == FSZ_OK) {
        plain->step = PLAIN_SEND_READY;
    }
    return err;
}

static fsz_err ready_take(struct mech_plain *plain, const struct fsz_frame_command *command)
{
    fsz_err err = fsz_mechanism_take_metadata(&plain->base, command->data, command->data_size);
    if (err == FSZ_OK) {
        plain->step = PLAIN_DONE;
        plain->base.state = FSZ_MECHANISM_READY;
    }
    return err;
}

/* The command that a side waits for in a step. */
static const struct {
    bool            as_server;
    enum plain_step step;
    const char     *name;
    fsz_err (*take)(struct mech_plain *plain, const struct fsz_frame_command *command);
} awaited[] = {
    {true, PLAIN_BEGIN, "HELLO", hello_take},
    {true, PLAIN_WAIT_INITIATE, "INITIATE", initiate_take},
    {false, PLAIN_WAIT_WELCOME, "WELCOME", welcome_take},
    {false, PLAIN_WAIT_READY, "READY", ready_take},
};

static fsz_err plain_take(struct fsz_mechanism *m, const struct fsz_frame_command *command)
{
    struct mech_plain *plain = (struct mech_plain *)m;
    for (size_t i = 0; i < sizeof(awaited) / sizeof(awaited[0]); i++) {
        if (awaited[i].as_server == m->config.as_server && awaited[i].step == plain->step &&
            fsz_frame_command_is(command, awaited[i].name)) {
            return awaited[i].take(plain, command);
        }
    }
    return plain_fail(plain);
}

static void credential_put(struct fsz_buffer *out, const char *text)
{
    uint8_t size = (uint8_t)strnlen(text, FSZ_MECHANISM_CREDENTIAL_MAX);
    fsz_buffer_append(out, &size, sizeof(size));
    fsz_buffer_append(out, text, size);
}

static void hello_put(struct mech_plain *plain, struct fsz_buffer *out)
{
    fsz_mechanism_put_name(out, "HELLO");
    credential_put(out, plain->base.config.user);
    credential_put(out, plain->base.config.password);
    plain->step = PLAIN_WAIT_WELCOME;
}

static void welcome_put(struct mech_plain *plain, struct fsz_buffer *out)
{
    fsz_mechanism_put_name(out, "WELCOME");
    plain->step = PLAIN_WAIT_INITIATE;
}

static void initiate_put(struct mech_plain *plain, struct fsz_buffer *out)
{
    fsz_mechanism_put_name(out, "INITIATE");
    fsz_mechanism_put_metadata(&plain->base, out);
    plain->step = PLAIN_WAIT_READY;
}

static void ready_put(struct mech_plain *plain, struct fsz_buffer *out)
{
    fsz_mechanism_put_name(out, "READY");
    fsz_mechanism_put_metadata(&plain->base, out);
    plain->step = PLAIN_DONE;
    plain->base.state = FSZ_MECHANISM_READY;
}

static bool plain_next(struct fsz_mechanism *m, struct fsz_buffer *out)
{
    struct mech_plain *plain = (struct mech_plain *)m;
    if (plain->step == PLAIN_BEGIN && !m->config.as_server) {
        hello_put(plain, out);
    } else if (plain->step == PLAIN_SEND_WELCOME) {
        welcome_put(plain, out);
    } else if (plain->step == PLAIN_SEND_INITIATE) {
        initiate_put(plain, out);
    } else if (plain->step == PLAIN_SEND_READY) {
        ready_put(plain, out);
    } else {
        return false;
    }
    return true;
}

static void plain_admitted(struct fsz_mechanism *m)
{
    ((struct mech_plain *)m)->step = PLAIN_SEND_WELCOME;
}

/* libzmq writes the literal "\x05ERROR", which C reads as the byte \x5E and "RROR". Its clients
 * accept only that as a refusal, so we send it. We also accept the ERROR of RFC 24. */
static const struct fsz_mechanism_ops plain_ops = {
    .odd_error = "^RROR",
    .take = plain_take,
    .next = plain_next,
    .admitted = plain_admitted,
};

fsz_err fsz_mech_plain_new(struct fsz_mechanism **ret_mechanism)
{
    struct mech_plain *plain = calloc(1, sizeof(*plain));
    if (plain == NULL) {
        return FSZ_ENOMEM;
    }
    plain->base.ops = &plain_ops;
    plain->base.size = sizeof(*plain);
    *ret_mechanism = &plain->base;
    return FSZ_OK;
}
