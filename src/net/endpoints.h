/* SPDX-License-Identifier: MPL-2.0 */
/* endpoints.h - the endpoints of one stream or API socket: opens, closes and retries them.
 *
 * tcp and ipc endpoints are opened on our own wire (zmtp/zmtp_socket.h). inproc and multicast are
 * opened on a libzmq socket that is made for the first of them. Only on the thread that owns both.
 * An endpoint that cannot be opened stays listed with its error and is retried, soon at first,
 * later every FSZ_RETRY_MS. A change of configuration has two steps, so that a bad one changes
 * nothing: stage (opens new endpoints), then settle or discard. */
#ifndef FSZ_ENDPOINTS_H
#define FSZ_ENDPOINTS_H

#include "base/err.h"
#include "config/config.h"
#include "zmtp/zmtp_socket.h"

enum {
    FSZ_RETRY_MS = 5000, /* longest time between two attempts to open an endpoint */
    FSZ_ENDPOINT_WHY_BYTES = 256,
    FSZ_ENDPOINT_BOUND_BYTES = 256,
    FSZ_ENDPOINT_REPAIR_MS = 150, /* for OpenPGM's receivers to ask again: 50 ms and a round trip */
};

struct fsz_endpoint_state {
    char *address; /* as configured */
    bool  connect;
    bool  is_wire; /* on our own wire, not on libzmq */
    bool  open;
    bool  staged;   /* opened by a change that is in progress */
    bool  deferred; /* not open yet: waits for another socket of ours to release it */
    bool  reported; /* its failure has been reported */
    char bound[FSZ_ENDPOINT_BOUND_BYTES]; /* as the system gave it, wildcards resolved; when open */
    char why[FSZ_ENDPOINT_WHY_BYTES];     /* when not open */
    int64_t retry_at_ms;                  /* monotonic */
    int64_t retry_in_ms;                  /* doubles with each failure, up to FSZ_RETRY_MS */
};

/* Estimate of what multicast still has to send; libzmq does not report it. */
struct fsz_endpoint_backlog {
    int64_t bytes, rate_bytes_per_ms;
    int64_t at_ms; /* monotonic time of the estimate */
};

/* Makes the libzmq socket of the stream or API socket, with its options. NULL: failed. */
typedef void *(*fsz_endpoints_local_fn)(void *self);

struct fsz_endpoints {
    struct fsz_zmtp_socket *wire;
    void                   *socket; /* libzmq's; NULL: not needed yet */
    fsz_endpoints_local_fn  make_socket;
    void                   *self; /* its argument */
    char owner[FSZ_OWNER_BYTES];  /* `stream "NAME"` or `API socket "NAME"`, for messages */
    struct fsz_endpoint_backlog backlog;
    size_t                      count;
    struct fsz_endpoint_state   list[2 * FSZ_ENDPOINTS_MAX]; /* old and new ones during a change */
};

/* Opens nothing yet. `owner` is copied. tcp and ipc endpoints use `wire`. `make_socket` is called
 * for the first other endpoint; the owner of `e` closes that socket (`e->socket`). */
void fsz_endpoints_init(struct fsz_endpoints *e, struct fsz_zmtp_socket *wire,
                        fsz_endpoints_local_fn make_socket, void *self, const char *owner);
/* Frees the list. Open endpoints are closed with the sockets. */
void fsz_endpoints_fini(struct fsz_endpoints *e);

struct fsz_endpoint_state *fsz_endpoints_find(struct fsz_endpoints *e, const char *address,
                                              bool connect);
/* Adds an endpoint and tries to open it. On FSZ_ESYSTEM it is listed as not open, with the reason
 * in `why`. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_endpoints_open(struct fsz_endpoints *e, const struct fsz_endpoint *wanted,
                                         bool staged, struct fsz_endpoint_state **ret_state);
/* Adds an endpoint that the next retry opens: its address is in use by another socket of ours that
 * releases it. */
FSZ_NODISCARD fsz_err fsz_endpoints_defer(struct fsz_endpoints      *e,
                                          const struct fsz_endpoint *wanted);
/* Closes and forgets the endpoints opened since the last settle. */
void fsz_endpoints_discard(struct fsz_endpoints *e);
/* Closes and forgets the endpoints that the configuration does not have; settles the rest. An ipc
 * endpoint whose file was deleted is opened again. */
void fsz_endpoints_settle(struct fsz_endpoints *e, const struct fsz_socket_config *config);

/* Closes the endpoints of the libzmq socket, which will be replaced. The next retries open them
 * again. */
void fsz_endpoints_close_local(struct fsz_endpoints *e);

/* Whether it is open but its file was deleted, so that nobody can connect. */
bool fsz_endpoints_is_lost(const struct fsz_endpoints *e, const struct fsz_endpoint_state *state);
/* Whether the configuration has this endpoint: address and direction. */
bool fsz_endpoint_state_is_in(const struct fsz_endpoint_state *state,
                              const struct fsz_socket_config  *config);

/* Tries one endpoint that is due. Returns it if it is open now, or if all quick attempts have
 * failed and that was not reported yet (see `why`); else NULL. `now_ms`: fsz_clock_monotonic_ms().
 */
struct fsz_endpoint_state *fsz_endpoints_retry(struct fsz_endpoints *e, int64_t now_ms);
/* When the next attempt is due; INT64_MAX: never. */
int64_t fsz_endpoints_next_retry_ms(const struct fsz_endpoints *e);

/* Whether a multicast endpoint is open. */
bool fsz_endpoints_have_multicast(const struct fsz_endpoints *e);
/* Counts bytes given to the socket just now. */
void fsz_endpoints_sent(struct fsz_endpoints *e, size_t bytes);
/* Waits, for at most `most_ms`, until open multicast endpoints have sent their data and receivers
 * could ask for lost parts of it. Call it before closing an endpoint or a socket: if the end of a
 * message is not sent or repaired, the libzmq of a receiver puts the next message of the sender
 * behind the part that it has. */
void fsz_endpoints_quiet(struct fsz_endpoints *e, int64_t most_ms);

#endif
