/* SPDX-License-Identifier: MPL-2.0 */
/* Opens and closes one endpoint, on our own wire or by libzmq; writes the reason of a failure. */
#include "base/clock.h"
#include "config/config_endpoint.h"
#include "net/endpoints.h"
#include "net/endpoints_private.h"
#include "net/multicast.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    ENDPOINT_LINGER_MS =
        1000, /* for queued multicast data when it closes; libzmq waits without end */
};

/* Reads the rate that the engine took: the option may change before the endpoint is closed. */
static void endpoints_note_rate(struct fsz_endpoints *e)
{
    int    kbit = 0;
    size_t size = sizeof(kbit);
    if (e->socket == NULL) {
        return;
    }
    zmq_getsockopt(e->socket, ZMQ_RATE, &kbit, &size);
    e->backlog.rate_bytes_per_ms = kbit > 8 ? kbit / 8 : 1;
}

void fsz_endpoints_set_linger(void *socket)
{
    int linger = ENDPOINT_LINGER_MS;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
}

/* An address of tcp or ipc that is in use. With a wildcard port, `why` keeps what the wire says. */
static void endpoint_explain_taken(struct fsz_endpoint_state *state)
{
    const char *port = strrchr(state->address, ':') + 1;
    if (strncmp(state->address, "ipc:", 4) == 0) {
        snprintf(state->why, sizeof(state->why), "another program has the socket file open");
    } else if (strcmp(port, "*") != 0) {
        snprintf(state->why, sizeof(state->why),
                 "port %.10s is in use; find its owner with: ss -ltnp 'sport = :%.10s'", port,
                 port);
    }
}

static void endpoint_opened(const struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    size_t size = sizeof(state->bound);
    state->open = true;
    state->deferred = state->reported = false;
    state->why[0] = '\0';
    if (!state->is_wire && zmq_getsockopt(e->socket, ZMQ_LAST_ENDPOINT, state->bound, &size) != 0) {
        snprintf(state->bound, sizeof(state->bound), "%s", state->address);
    }
}

/* Soon at first, then ever more rarely. */
static void endpoint_back_off(struct fsz_endpoint_state *state)
{
    state->retry_at_ms = fsz_clock_monotonic_ms() + state->retry_in_ms;
    state->retry_in_ms *= 2;
    state->retry_in_ms = state->retry_in_ms < FSZ_RETRY_MS ? state->retry_in_ms : FSZ_RETRY_MS;
}

/* Opens it on our own wire. Returns 0 or an errno, with the reason in `why`. */
static int endpoint_try_wire(const struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    const char *bound = state->address;
    int         error = EINVAL;
    fsz_err     err = state->connect
                          ? fsz_zmtp_socket_connect(e->wire, state->address, state->why)
                          : fsz_zmtp_socket_bind(e->wire, state->address, &bound, &error, state->why);
    if (err != FSZ_OK) {
        return err == FSZ_ENOMEM ? ENOMEM : error;
    }
    snprintf(state->bound, sizeof(state->bound), "%s", bound);
    return 0;
}

/* Makes the libzmq socket if there is none yet. */
static bool endpoints_have_socket(struct fsz_endpoints *e)
{
    if (e->socket == NULL && e->make_socket != NULL) {
        e->socket = e->make_socket(e->self);
        if (e->socket != NULL) {
            fsz_endpoints_set_linger(e->socket);
        }
    }
    return e->socket != NULL;
}

static int endpoint_try_local(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    if (!endpoints_have_socket(e)) {
        return EMFILE;
    }
    int failed = state->connect ? zmq_connect(e->socket, state->address)
                                : zmq_bind(e->socket, state->address);
    return failed ? errno : 0;
}

static int endpoint_try_multicast(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    if (!endpoints_have_socket(e)) {
        snprintf(state->why, sizeof(state->why), "%s", zmq_strerror(EMFILE));
        return EMFILE;
    }
    return fsz_multicast_open(e->socket, state->address, state->why, sizeof(state->why));
}

fsz_err fsz_endpoint_try(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    bool is_multicast = fsz_endpoint_is_multicast(state->address);
    int  error = state->is_wire ? endpoint_try_wire(e, state)
                 : is_multicast ? endpoint_try_multicast(e, state)
                                : endpoint_try_local(e, state);
    if (error == 0) {
        endpoint_opened(e, state);
        endpoints_note_rate(e);
        return FSZ_OK;
    }
    if (state->is_wire && error == EADDRINUSE) {
        endpoint_explain_taken(state);
    } else if (!state->is_wire && !is_multicast) {
        snprintf(state->why, sizeof(state->why), "%s", zmq_strerror(error));
    }
    endpoint_back_off(state);
    return FSZ_ESYSTEM;
}

void fsz_endpoint_close(struct fsz_endpoints *e, const struct fsz_endpoint_state *state)
{
    if (!state->open) {
        return;
    }
    if (state->is_wire) {
        if (state->connect) {
            fsz_zmtp_socket_disconnect(e->wire, state->bound);
        } else {
            fsz_zmtp_socket_unbind(e->wire, state->bound);
        }
        return;
    }
    if (fsz_endpoint_is_multicast(state->address)) {
        fsz_endpoints_quiet(e, ENDPOINT_LINGER_MS);
    }
    if (state->connect || fsz_endpoint_is_multicast(state->address)) {
        zmq_disconnect(e->socket, state->bound);
    } else {
        zmq_unbind(e->socket, state->bound);
    }
}
