/* SPDX-License-Identifier: MPL-2.0 */
#include "net/endpoints.h"

#include "base/clock.h"
#include "config/config_endpoint.h"
#include "net/endpoints_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ENDPOINT_OVERHEAD = 16 /* at most one byte in so many is a PGM, UDP or IP header */
};

void fsz_endpoints_init(struct fsz_endpoints *e, struct fsz_zmtp_socket *wire,
                        fsz_endpoints_local_fn make_socket, void *self, const char *owner)
{
    e->wire = wire;
    e->socket = NULL;
    e->make_socket = make_socket;
    e->self = self;
    snprintf(e->owner, sizeof(e->owner), "%s", owner);
    e->count = 0;
    e->backlog = (struct fsz_endpoint_backlog){0};
}

void fsz_endpoints_fini(struct fsz_endpoints *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->list[i].address);
    }
    e->count = 0;
}

struct fsz_endpoint_state *fsz_endpoints_find(struct fsz_endpoints *e, const char *address,
                                              bool connect)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].connect == connect && strcmp(e->list[i].address, address) == 0) {
            return &e->list[i];
        }
    }
    return NULL;
}

static fsz_err endpoints_add(struct fsz_endpoints *e, const struct fsz_endpoint *wanted,
                             struct fsz_endpoint_state **ret_state)
{
    if (e->count == sizeof(e->list) / sizeof(e->list[0])) {
        return FSZ_ELIMIT;
    }
    struct fsz_endpoint_state *state = &e->list[e->count];
    *state = (struct fsz_endpoint_state){.connect = wanted->connect,
                                         .is_wire = fsz_address_is_ours(wanted->address),
                                         .retry_in_ms = ENDPOINT_RETRY_FIRST_MS};
    state->address = strdup(wanted->address);
    if (state->address == NULL) {
        return FSZ_ENOMEM;
    }
    e->count++;
    *ret_state = state;
    return FSZ_OK;
}

fsz_err fsz_endpoints_open(struct fsz_endpoints *e, const struct fsz_endpoint *wanted, bool staged,
                           struct fsz_endpoint_state **ret_state)
{
    struct fsz_endpoint_state *state = NULL;
    fsz_err                    err = endpoints_add(e, wanted, &state);
    if (err != FSZ_OK) {
        return err;
    }
    state->staged = staged;
    *ret_state = state;
    err = fsz_endpoint_try(e, state);
    state->reported = err != FSZ_OK;
    return err;
}

fsz_err fsz_endpoints_defer(struct fsz_endpoints *e, const struct fsz_endpoint *wanted)
{
    struct fsz_endpoint_state *state = NULL;
    fsz_err                    err = endpoints_add(e, wanted, &state);
    if (err == FSZ_OK) {
        state->staged = state->deferred = true;
        snprintf(state->why, sizeof(state->why),
                 "waiting for another socket to release the address");
    }
    return err;
}

static void endpoints_remove(struct fsz_endpoints *e, size_t index)
{
    fsz_endpoint_close(e, &e->list[index]);
    free(e->list[index].address);
    e->count--;
    memmove(&e->list[index], &e->list[index + 1], (e->count - index) * sizeof(e->list[0]));
}

void fsz_endpoints_discard(struct fsz_endpoints *e)
{
    for (size_t i = e->count; i-- > 0;) {
        if (e->list[i].staged) {
            endpoints_remove(e, i);
        }
    }
}

bool fsz_endpoint_state_is_in(const struct fsz_endpoint_state *state,
                              const struct fsz_socket_config  *config)
{
    for (size_t i = 0; i < config->endpoint_count; i++) {
        const struct fsz_endpoint *wanted = &config->endpoints[i];
        if (wanted->connect == state->connect && strcmp(wanted->address, state->address) == 0) {
            return true;
        }
    }
    return false;
}

bool fsz_endpoints_is_lost(const struct fsz_endpoints *e, const struct fsz_endpoint_state *state)
{
    return state->open && state->is_wire && !state->connect &&
           fsz_zmtp_socket_is_lost(e->wire, state->bound);
}

/* If opening fails now, it is retried like any other. */
static void endpoint_renew(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    fsz_endpoint_close(e, state);
    state->open = false;
    state->retry_in_ms = ENDPOINT_RETRY_FIRST_MS;
    (void)fsz_endpoint_try(e, state);
}

void fsz_endpoints_close_local(struct fsz_endpoints *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (!e->list[i].is_wire && e->list[i].open) {
            fsz_endpoint_close(e, &e->list[i]);
            e->list[i].open = false;
            e->list[i].retry_at_ms = fsz_clock_monotonic_ms();
            e->list[i].retry_in_ms = ENDPOINT_RETRY_FIRST_MS;
        }
    }
}

void fsz_endpoints_settle(struct fsz_endpoints *e, const struct fsz_socket_config *config)
{
    for (size_t i = e->count; i-- > 0;) {
        if (!fsz_endpoint_state_is_in(&e->list[i], config)) {
            endpoints_remove(e, i);
        } else {
            e->list[i].staged = false;
            if (fsz_endpoints_is_lost(e, &e->list[i])) {
                endpoint_renew(e, &e->list[i]);
            }
        }
    }
}

struct fsz_endpoint_state *fsz_endpoints_retry(struct fsz_endpoints *e, int64_t now_ms)
{
    for (size_t i = 0; i < e->count; i++) {
        struct fsz_endpoint_state *state = &e->list[i];
        if (!state->open && !state->staged && now_ms >= state->retry_at_ms) {
            bool settled = state->retry_in_ms == FSZ_RETRY_MS;
            state->deferred &= !settled; /* another socket would have released it by now */
            bool changed = fsz_endpoint_try(e, state) == FSZ_OK || (settled && !state->reported);
            state->reported = !state->open && (settled || state->reported);
            return changed ? state : NULL;
        }
    }
    return NULL;
}

int64_t fsz_endpoints_next_retry_ms(const struct fsz_endpoints *e)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < e->count; i++) {
        if (!e->list[i].open && e->list[i].retry_at_ms < next) {
            next = e->list[i].retry_at_ms;
        }
    }
    return next;
}

bool fsz_endpoints_have_multicast(const struct fsz_endpoints *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].open && fsz_endpoint_is_multicast(e->list[i].address)) {
            return true;
        }
    }
    return false;
}

void fsz_endpoints_sent(struct fsz_endpoints *e, size_t bytes)
{
    int64_t now_ms = fsz_clock_monotonic_ms();
    int64_t left = e->backlog.bytes - (now_ms - e->backlog.at_ms) * e->backlog.rate_bytes_per_ms;
    e->backlog.bytes = (left > 0 ? left : 0) + (int64_t)(bytes + bytes / ENDPOINT_OVERHEAD);
    e->backlog.at_ms = now_ms;
}

void fsz_endpoints_quiet(struct fsz_endpoints *e, int64_t most_ms)
{
    if (!fsz_endpoints_have_multicast(e)) {
        return;
    }
    int64_t needed_ms = e->backlog.bytes / e->backlog.rate_bytes_per_ms + FSZ_ENDPOINT_REPAIR_MS;
    int64_t left_ms = e->backlog.at_ms + needed_ms - fsz_clock_monotonic_ms();
    left_ms = left_ms < most_ms ? left_ms : most_ms;
    if (left_ms > 0) {
        usleep((useconds_t)(left_ms * 1000));
    }
}
