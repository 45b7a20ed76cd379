/* One endpoint: opened on our own wire or by libzmq, with the words for what failed, and closed. */
#include "endpoints.h"
#include "endpoints_private.h"

#include "engine.h"
#include "multicast.h"
#include "portholder.h"
#include "ratelimit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum {
    ENDPOINT_LET_GO_MS = 500, /* after which libzmq has let go of what we have closed */
    ENDPOINT_LINGER_MS =
        1000, /* for what is queued at an endpoint that goes; libzmq: without end */
};

/* When an endpoint of this process was last closed. */
static _Atomic int64_t endpoints_closed_ms;

/* As the engine took it: the option may change before the endpoint is closed. */
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

static void endpoint_explain(struct fsz_endpoint_state *state, int error, bool ask_who)
{
    char holder[FSZ_PORTHOLDER_BYTES] = "";
    state->holder = ENDPOINT_NO_HOLDER;
    if (error == EADDRINUSE && ask_who) {
        state->holder = fsz_portholder_find(state->address, holder);
    }
    snprintf(state->why, sizeof(state->why), "%s%s",
             error == ENOTSOCK ? "the file exists and is no socket" : zmq_strerror(error), holder);
}

static void endpoint_opened(const struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    size_t size = sizeof(state->bound);
    bool   as_configured = state->connect && !fsz_multicast_is(state->address);
    state->open = true;
    state->deferred = state->told = false;
    state->why[0] = '\0';
    if (state->is_wire) {
        return;
    }
    if (as_configured || zmq_getsockopt(e->socket, ZMQ_LAST_ENDPOINT, state->bound, &size) != 0) {
        snprintf(state->bound, sizeof(state->bound), "%s", state->address);
    }
    if (strncmp(state->bound, "ipc:///", 7) == 0 && !state->connect && e->ipc_mode != 0) {
        chmod(state->bound + 6, (mode_t)e->ipc_mode);
    }
    if (!state->connect) {
        fsz_ipcpath_note(state->bound, &state->file);
    }
}

/* libzmq lets go of an address some milliseconds after zmq_unbind(): soon again, then ever more
 * rarely. */
static void endpoint_back_off(struct fsz_endpoint_state *state)
{
    state->retry_at_ms = fsz_now_ms() + state->retry_in_ms;
    state->retry_in_ms *= 2;
    state->retry_in_ms = state->retry_in_ms < FSZ_RETRY_MS ? state->retry_in_ms : FSZ_RETRY_MS;
}

/* Also at the path of a socket of ours that is about to go, libzmq would have the file deleted
 * under the listener: it is waited for like a port. */
static int endpoint_bind(const struct fsz_endpoints *e, const struct fsz_endpoint_state *state)
{
    int error = fsz_ipcpath_check(state->address);
    return error == 0 && zmq_bind(e->socket, state->address) != 0 ? errno : error;
}

static int endpoint_connect(const struct fsz_endpoints *e, const struct fsz_endpoint_state *state)
{
    return zmq_connect(e->socket, state->address) == 0 ? 0 : errno;
}

/* On our own wire. 0, or an errno; `why` has the words for it. */
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

/* libzmq's socket, made if need be. */
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
    return state->connect ? endpoint_connect(e, state) : endpoint_bind(e, state);
}

static int endpoint_try_multicast(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    if (!endpoints_have_socket(e)) {
        snprintf(state->why, sizeof(state->why), "%s", zmq_strerror(EMFILE));
        return EMFILE;
    }
    return fsz_multicast_open(e->socket, state->address, state->why, sizeof(state->why));
}

/* `ask_who`: find out who holds the address, which reads all of /proc. */
fsz_err fsz_endpoint_try(struct fsz_endpoints *e, struct fsz_endpoint_state *state, bool ask_who)
{
    bool is_multicast = fsz_multicast_is(state->address);
    int  error = state->is_wire ? endpoint_try_wire(e, state)
                 : is_multicast ? endpoint_try_multicast(e, state)
                                : endpoint_try_local(e, state);
    if (error == 0) {
        endpoint_opened(e, state);
        endpoints_note_rate(e);
        return FSZ_OK;
    }
    if (!is_multicast && (!state->is_wire || error == EADDRINUSE)) {
        endpoint_explain(state, error, ask_who);
    }
    endpoint_back_off(state);
    return FSZ_ESYSTEM;
}

/* As endpoint_try(), but waits for a listener that a reload has just closed: libzmq lets go of its
 * address when an I/O thread gets to it, and who looks for the holder may come too late to see it.
 * Not for what this process holds otherwise: events wait meanwhile. */
fsz_err fsz_endpoint_try_new(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    fsz_err err = fsz_endpoint_try(e, state, true);
    for (int tries = 0; err != FSZ_OK; tries++) {
        bool gone = state->holder == 0 && tries == 0;
        bool leaving =
            state->holder == getpid() && fsz_now_ms() - endpoints_closed_ms < ENDPOINT_LET_GO_MS;
        if (!leaving && !gone) {
            break;
        }
        usleep(ENDPOINT_RETRY_FIRST_MS * 1000);
        state->retry_in_ms = ENDPOINT_RETRY_FIRST_MS;
        err = fsz_endpoint_try(e, state, true);
    }
    return err;
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
    endpoints_closed_ms = fsz_now_ms();
    if (fsz_multicast_is(state->address)) {
        fsz_endpoints_quiet(e, ENDPOINT_LINGER_MS);
    }
    if (state->connect || fsz_multicast_is(state->address)) {
        zmq_disconnect(e->socket, state->bound);
    } else {
        zmq_unbind(e->socket, state->bound);
        fsz_ipcpath_remove(state->bound, &state->file);
    }
}

void fsz_endpoints_note_closed(void)
{
    endpoints_closed_ms = fsz_now_ms();
}
