#include "endpoints.h"

#include "engine.h"
#include "multicast.h"
#include "portholder.h"
#include "ratelimit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum {
    ENDPOINT_RETRY_FIRST_MS = 10,
    ENDPOINT_LET_GO_MS = 500, /* after which libzmq has let go of what we have closed */
    ENDPOINT_NO_HOLDER = -1,  /* not a matter of who holds the address, or not asked */
    ENDPOINT_OVERHEAD = 16,   /* one byte in so many is a header of PGM, UDP or IP, at most */
    ENDPOINT_LINGER_MS =
        1000, /* for what is queued at an endpoint that goes; libzmq: without end */
};

/* When an endpoint of this process was last closed. */
static _Atomic int64_t endpoints_closed_ms;

static void endpoints_measure(struct fsz_endpoints *e)
{
    e->frame_max = SIZE_MAX;
    for (size_t i = 0; i < e->count; i++) {
        size_t its = fsz_multicast_frame_max(e->list[i].address);
        e->frame_max = its < e->frame_max ? its : e->frame_max;
    }
}

/* As the engine took it: the option may change before the endpoint is closed. */
static void endpoints_note_rate(struct fsz_endpoints *e)
{
    int    kbit = 0;
    size_t size = sizeof(kbit);
    zmq_getsockopt(e->socket, ZMQ_RATE, &kbit, &size);
    e->backlog.rate_bytes_per_ms = kbit > 8 ? kbit / 8 : 1;
}

void fsz_endpoints_init(struct fsz_endpoints *e, void *socket, const char *owner)
{
    e->socket = socket;
    snprintf(e->owner, sizeof(e->owner), "%s", owner);
    e->count = 0;
    endpoints_measure(e);
    e->backlog = (struct fsz_endpoint_backlog){0};
    int linger = ENDPOINT_LINGER_MS;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
}

void fsz_endpoints_fini(struct fsz_endpoints *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].open) {
            fsz_ipcpath_remove(e->list[i].bound, &e->list[i].file);
        }
        free(e->list[i].address);
    }
    e->count = 0;
    endpoints_closed_ms = fsz_now_ms();
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
    if (as_configured || zmq_getsockopt(e->socket, ZMQ_LAST_ENDPOINT, state->bound, &size) != 0) {
        snprintf(state->bound, sizeof(state->bound), "%s", state->address);
    }
    if (strncmp(state->bound, "ipc:///", 7) == 0 && !state->connect && e->ipc_mode != 0) {
        chmod(state->bound + 6, (mode_t)e->ipc_mode);
    }
    if (!state->connect) {
        fsz_ipcpath_note(state->bound, &state->file);
    }
    state->open = true;
    state->deferred = state->told = false;
    state->why[0] = '\0';
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

/* `ask_who`: find out who holds the address, which reads all of /proc. */
static fsz_err endpoint_try(struct fsz_endpoints *e, struct fsz_endpoint_state *state, bool ask_who)
{
    int error = fsz_multicast_is(state->address)
                    ? fsz_multicast_open(e->socket, state->address, state->why, sizeof(state->why))
                : state->connect ? endpoint_connect(e, state)
                                 : endpoint_bind(e, state);
    if (error == 0) {
        endpoint_opened(e, state);
        endpoints_note_rate(e);
        return FSZ_OK;
    }
    if (!fsz_multicast_is(state->address)) {
        endpoint_explain(state, error, ask_who);
    }
    endpoint_back_off(state);
    return FSZ_ESYSTEM;
}

/* As endpoint_try(), but waits for a listener that a reload has just closed: libzmq lets go of its
 * address when an I/O thread gets to it, and who looks for the holder may come too late to see it.
 * Not for what this process holds otherwise: events wait meanwhile. */
static fsz_err endpoint_try_new(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    fsz_err err = endpoint_try(e, state, true);
    for (int tries = 0; err != FSZ_OK; tries++) {
        bool gone = state->holder == 0 && tries == 0;
        bool leaving =
            state->holder == getpid() && fsz_now_ms() - endpoints_closed_ms < ENDPOINT_LET_GO_MS;
        if (!leaving && !gone) {
            break;
        }
        usleep(ENDPOINT_RETRY_FIRST_MS * 1000);
        state->retry_in_ms = ENDPOINT_RETRY_FIRST_MS;
        err = endpoint_try(e, state, true);
    }
    return err;
}

static fsz_err endpoints_add(struct fsz_endpoints *e, const struct fsz_endpoint *wanted,
                             struct fsz_endpoint_state **ret_state)
{
    if (e->count == sizeof(e->list) / sizeof(e->list[0])) {
        return FSZ_ELIMIT;
    }
    struct fsz_endpoint_state *state = &e->list[e->count];
    *state = (struct fsz_endpoint_state){.connect = wanted->connect,
                                         .holder = ENDPOINT_NO_HOLDER,
                                         .retry_in_ms = ENDPOINT_RETRY_FIRST_MS};
    state->address = strdup(wanted->address);
    if (state->address == NULL) {
        return FSZ_ENOMEM;
    }
    e->count++;
    endpoints_measure(e);
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
    err = endpoint_try_new(e, state);
    state->told = err != FSZ_OK;
    return err;
}

fsz_err fsz_endpoints_defer(struct fsz_endpoints *e, const struct fsz_endpoint *wanted)
{
    struct fsz_endpoint_state *state = NULL;
    fsz_err                    err = endpoints_add(e, wanted, &state);
    if (err == FSZ_OK) {
        state->staged = state->deferred = true;
        snprintf(state->why, sizeof(state->why), "waiting for another socket to let go of it");
    }
    return err;
}

static void endpoint_close(struct fsz_endpoints *e, const struct fsz_endpoint_state *state)
{
    if (!state->open) {
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

static void endpoints_remove(struct fsz_endpoints *e, size_t index)
{
    endpoint_close(e, &e->list[index]);
    free(e->list[index].address);
    e->count--;
    memmove(&e->list[index], &e->list[index + 1], (e->count - index) * sizeof(e->list[0]));
    endpoints_measure(e);
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

bool fsz_endpoint_state_is_lost(const struct fsz_endpoint_state *state)
{
    return state->open && fsz_ipcpath_is_lost(state->bound, &state->file);
}

/* What does not come about now is tried again, as ever. */
static void endpoint_renew(struct fsz_endpoints *e, struct fsz_endpoint_state *state)
{
    endpoint_close(e, state);
    state->open = false;
    state->retry_in_ms = ENDPOINT_RETRY_FIRST_MS;
    (void)endpoint_try(e, state, true);
}

void fsz_endpoints_settle(struct fsz_endpoints *e, const struct fsz_socket_config *config)
{
    for (size_t i = e->count; i-- > 0;) {
        if (!fsz_endpoint_state_is_in(&e->list[i], config)) {
            endpoints_remove(e, i);
        } else {
            e->list[i].staged = false;
            if (fsz_endpoint_state_is_lost(&e->list[i])) {
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
            state->deferred &= !settled; /* by now it is somebody else */
            bool changed = endpoint_try(e, state, settled) == FSZ_OK || (settled && !state->told);
            state->told = !state->open && (settled || state->told);
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

bool fsz_endpoints_have_inproc(const struct fsz_endpoints *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (strncmp(e->list[i].address, "inproc://", 9) == 0) {
            return true;
        }
    }
    return false;
}

bool fsz_endpoints_have_multicast(const struct fsz_endpoints *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->list[i].open && fsz_multicast_is(e->list[i].address)) {
            return true;
        }
    }
    return false;
}

void fsz_endpoints_sent(struct fsz_endpoints *e, size_t bytes)
{
    int64_t now_ms = fsz_now_ms();
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
    int64_t left_ms = e->backlog.at_ms + needed_ms - fsz_now_ms();
    left_ms = left_ms < most_ms ? left_ms : most_ms;
    if (left_ms > 0) {
        usleep((useconds_t)(left_ms * 1000));
    }
}
