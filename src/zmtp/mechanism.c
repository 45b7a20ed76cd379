/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/mechanism_private.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef fsz_err (*maker_fn)(struct fsz_mechanism **ret_mechanism);

static const maker_fn makers[FSZ_ZMTP_MECHANISMS] = {
    [FSZ_ZMTP_NULL] = fsz_mech_null_new,
    [FSZ_ZMTP_PLAIN] = fsz_mech_plain_new,
    [FSZ_ZMTP_CURVE] = fsz_mech_curve_new,
};

fsz_err fsz_mechanism_new(const struct fsz_mechanism_config *config,
                          struct fsz_mechanism             **ret_mechanism)
{
    if (config->name >= FSZ_ZMTP_MECHANISMS) {
        return FSZ_EINVALID;
    }
    struct fsz_mechanism *m = NULL;
    fsz_err               err = makers[config->name](&m);
    if (err == FSZ_OK) {
        m->config = *config;
        *ret_mechanism = m;
    }
    return err;
}

void fsz_mechanism_free(struct fsz_mechanism **mechanism)
{
    struct fsz_mechanism *m = *mechanism;
    *mechanism = NULL;
    if (m != NULL) {
        sodium_memzero(m, m->size);
        free(m);
    }
}

enum fsz_mechanism_state fsz_mechanism_state(const struct fsz_mechanism *m)
{
    return m->state;
}

enum fsz_zmtp_ending fsz_mechanism_ending(const struct fsz_mechanism *m)
{
    return m->ending;
}

const char *fsz_mechanism_peer_reason(const struct fsz_mechanism *m)
{
    return m->reason;
}

const struct fsz_mechanism_credentials *fsz_mechanism_credentials(const struct fsz_mechanism *m)
{
    return &m->credentials;
}

const struct fsz_metadata *fsz_mechanism_peer(const struct fsz_mechanism *m)
{
    return &m->peer;
}

/* The first failure counts. */
fsz_err fsz_mechanism_fail(struct fsz_mechanism *m, enum fsz_zmtp_ending ending)
{
    if (m->state != FSZ_MECHANISM_FAILED) {
        m->state = FSZ_MECHANISM_FAILED;
        m->ending = ending;
    }
    return FSZ_EINVALID;
}

/* Like libzmq, accepts a reason that is followed by more bytes. */
static fsz_err error_take(struct fsz_mechanism *m, const uint8_t *data, size_t data_size)
{
    if (data_size == 0 || data[0] > data_size - 1) {
        return fsz_mechanism_fail(m, FSZ_ZMTP_END_PROTOCOL);
    }
    size_t size = data[0];
    size = size < MECHANISM_REASON_BYTES ? size : MECHANISM_REASON_BYTES - 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[1 + i];
        m->reason[i] = byte >= ' ' && byte <= '~' ? (char)byte : '?';
    }
    m->reason[size] = '\0';
    return fsz_mechanism_fail(m, FSZ_ZMTP_END_DENIED);
}

/* The size of the odd start of an ERROR; 0: the command does not begin with it. */
static size_t odd_error_size(const struct fsz_mechanism *m, const uint8_t *command, size_t size)
{
    size_t odd = m->ops->odd_error ? strlen(m->ops->odd_error) : 0;
    return odd > 0 && size >= odd && memcmp(command, m->ops->odd_error, odd) == 0 ? odd : 0;
}

fsz_err fsz_mechanism_take(struct fsz_mechanism *m, const uint8_t *command, size_t size)
{
    if (m->state != FSZ_MECHANISM_WORKING || size > FSZ_MECHANISM_COMMAND_MAX) {
        return fsz_mechanism_fail(m, FSZ_ZMTP_END_PROTOCOL);
    }
    size_t odd = odd_error_size(m, command, size);
    if (odd > 0) {
        return error_take(m, command + odd, size - odd);
    }
    struct fsz_frame_command parts;
    if (fsz_frame_command(command, size, &parts) != FSZ_OK) {
        return fsz_mechanism_fail(m, FSZ_ZMTP_END_PROTOCOL);
    }
    return fsz_frame_command_is(&parts, "ERROR") ? error_take(m, parts.data, parts.data_size)
                                                 : m->ops->take(m, &parts);
}

static bool error_next(struct fsz_mechanism *m, struct fsz_buffer *out)
{
    uint8_t size = (uint8_t)strlen(m->status);
    m->error_is_due = false;
    fsz_buffer_text(out, m->ops->odd_error ? m->ops->odd_error : "\5ERROR");
    fsz_buffer_append(out, &size, sizeof(size));
    return fsz_buffer_append(out, m->status, size) == FSZ_OK;
}

bool fsz_mechanism_next(struct fsz_mechanism *m, struct fsz_buffer *out)
{
    if (m->error_is_due) {
        return error_next(m, out);
    }
    if (m->state != FSZ_MECHANISM_WORKING || !m->ops->next(m, out)) {
        return false;
    }
    if (out->failed != FSZ_OK) {
        fsz_mechanism_fail(m, FSZ_ZMTP_END_MEMORY);
        return false;
    }
    return true;
}

void fsz_mechanism_judge(struct fsz_mechanism *m, const char *status)
{
    if (m->state != FSZ_MECHANISM_ASKING) {
        return;
    }
    sodium_memzero(m->credentials.password, sizeof(m->credentials.password));
    if (strcmp(status, "200") != 0) {
        fsz_mechanism_refuse(m, status);
        return;
    }
    m->state = FSZ_MECHANISM_WORKING;
    m->ops->admitted(m);
}

void fsz_mechanism_refuse(struct fsz_mechanism *m, const char *status)
{
    if (m->state != FSZ_MECHANISM_WORKING && m->state != FSZ_MECHANISM_ASKING) {
        return;
    }
    sodium_memzero(m->credentials.password, sizeof(m->credentials.password));
    snprintf(m->status, sizeof(m->status), "%s", status);
    m->error_is_due = true;
    fsz_mechanism_fail(m, FSZ_ZMTP_END_REFUSED);
}

fsz_err fsz_mechanism_take_metadata(struct fsz_mechanism *m, const uint8_t *bytes, size_t size)
{
    fsz_err err = fsz_metadata_read(bytes, size, &m->peer);
    if (err == FSZ_ENOTFOUND) {
        return fsz_mechanism_fail(m, FSZ_ZMTP_END_TYPE);
    }
    if (err != FSZ_OK || !m->peer.has_type) {
        return fsz_mechanism_fail(m, FSZ_ZMTP_END_PROTOCOL);
    }
    return fsz_zmtp_types_match(m->config.type, m->peer.type)
               ? FSZ_OK
               : fsz_mechanism_fail(m, FSZ_ZMTP_END_TYPE);
}

void fsz_mechanism_put_metadata(const struct fsz_mechanism *m, struct fsz_buffer *out)
{
    enum fsz_zmtp_type type = m->config.type;
    const char        *name = fsz_zmtp_type_name(type);
    fsz_metadata_append(out, "Socket-Type", name, strlen(name));
    if (type == FSZ_ZMTP_REQ || type == FSZ_ZMTP_DEALER || type == FSZ_ZMTP_ROUTER) {
        fsz_metadata_append(out, "Identity", "", 0);
    }
}

void fsz_mechanism_put_name(struct fsz_buffer *out, const char *name)
{
    uint8_t size = (uint8_t)strlen(name);
    fsz_buffer_append(out, &size, sizeof(size));
    fsz_buffer_append(out, name, size);
}

bool fsz_mechanism_encrypts(const struct fsz_mechanism *m)
{
    return m->ops->seal != NULL;
}

size_t fsz_mechanism_overhead(const struct fsz_mechanism *m)
{
    return m->ops->overhead;
}

fsz_err fsz_mechanism_seal(struct fsz_mechanism *m, uint8_t flags, const uint8_t *body, size_t size,
                           uint8_t *sealed)
{
    return m->ops->seal(m, flags, body, size, sealed);
}

fsz_err fsz_mechanism_open(struct fsz_mechanism *m, uint8_t *sealed, size_t size,
                           uint8_t *ret_flags, uint8_t **ret_body, size_t *ret_size)
{
    return m->ops->open(m, sealed, size, ret_flags, ret_body, ret_size);
}
