/* endpoints.h - the endpoints of one stream or API socket: opened, closed, tried again, told
 * about.
 *
 * tcp and ipc are opened on our own wire (zmtp/zmtp_socket.h), inproc and multicast by a libzmq
 * socket that is made when the first of them is opened. Only on the thread that both belong to. An
 * endpoint that cannot be had stays listed with its error and is tried again, soon at first, at
 * last every FSZ_RETRY_MS. A change of configuration goes in two steps, so that a bad one changes
 * nothing: stage (opens what is new), then settle or discard. */
#ifndef FSZ_ENDPOINTS_H
#define FSZ_ENDPOINTS_H

#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"
#include "zmtp/zmtp_socket.h"

enum {
    FSZ_RETRY_MS = 5000, /* between two attempts to open an endpoint, at the longest */
    FSZ_ENDPOINT_WHY_BYTES = 256,
    FSZ_ENDPOINT_BOUND_BYTES = 256,
    FSZ_ENDPOINT_REPAIR_MS = 150, /* for OpenPGM's receivers to ask again: 50 ms and the way */
};

struct fsz_endpoint_state {
    char *address; /* as configured */
    bool  connect;
    bool  is_wire; /* of our own wire, not of libzmq's socket */
    bool  open;
    bool  staged;   /* opened by the change under way */
    bool  deferred; /* waits for a socket of ours that lets go; not open yet */
    bool  reported; /* whoever opens it knows that it could not be had */
    char  bound[FSZ_ENDPOINT_BOUND_BYTES]; /* as the system gave it, wildcard resolved; when open */
    char  why[FSZ_ENDPOINT_WHY_BYTES];     /* when not open */
    int64_t retry_at_ms;                   /* monotonic */
    int64_t retry_in_ms;                   /* doubles with each failure, up to FSZ_RETRY_MS */
};

/* What multicast still has to send, as far as can be known: libzmq does not tell. */
struct fsz_endpoint_backlog {
    int64_t bytes, rate_bytes_per_ms;
    int64_t at_ms; /* monotonic; when that was so */
};

/* Makes libzmq's socket of the stream or channel, with its options; NULL: it could not be made. */
typedef void *(*fsz_endpoints_local_fn)(void *self);

struct fsz_endpoints {
    struct fsz_zmtp_socket *wire;
    void                   *socket; /* libzmq's; NULL: not needed yet */
    fsz_endpoints_local_fn  make_socket;
    void                   *self; /* its */
    char owner[FSZ_OWNER_BYTES];  /* `stream "NAME"` or `API socket "NAME"`, for messages */
    struct fsz_endpoint_backlog backlog;
    size_t                      count;
    struct fsz_endpoint_state   list[2 * FSZ_ENDPOINTS_MAX]; /* old and new ones during a change */
};

/* Nothing is opened yet; `owner` is copied. tcp and ipc are on `wire`; `make_socket` is called when
 * another endpoint is opened first, and whoever it belongs to closes that socket (`e->socket`). */
void fsz_endpoints_init(struct fsz_endpoints *e, struct fsz_zmtp_socket *wire,
                        fsz_endpoints_local_fn make_socket, void *self, const char *owner);
/* Frees; the sockets' ends close what is open. */
void fsz_endpoints_fini(struct fsz_endpoints *e);

struct fsz_endpoint_state *fsz_endpoints_find(struct fsz_endpoints *e, const char *address,
                                              bool connect);
/* Adds and tries to open. On FSZ_ESYSTEM it is listed as not open, `why` says why. FSZ_ENOMEM,
 * FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_endpoints_open(struct fsz_endpoints *e, const struct fsz_endpoint *wanted,
                                         bool staged, struct fsz_endpoint_state **ret_state);
/* Lists an endpoint to be opened by the next retry: its address is still in use by another
 * socket of ours that lets go. */
FSZ_NODISCARD fsz_err fsz_endpoints_defer(struct fsz_endpoints      *e,
                                          const struct fsz_endpoint *wanted);
/* Closes and forgets those opened since the last settle. */
void fsz_endpoints_discard(struct fsz_endpoints *e);
/* Closes and forgets those that the configuration no longer has; the rest is settled. One whose
 * file was deleted is opened anew. */
void fsz_endpoints_settle(struct fsz_endpoints *e, const struct fsz_socket_config *config);

/* Closes what libzmq's socket has open, to be opened anew by the next retries: the socket is to be
 * replaced. */
void fsz_endpoints_let_go_local(struct fsz_endpoints *e);

/* Is it open, but was its file deleted, so that nobody can connect? */
bool fsz_endpoints_is_lost(const struct fsz_endpoints *e, const struct fsz_endpoint_state *state);
/* Does the configuration have it, address and way? */
bool fsz_endpoint_state_is_in(const struct fsz_endpoint_state *state,
                              const struct fsz_socket_config  *config);

/* `now_ms`: fsz_clock_monotonic_ms(). Tries one that is due; returns it when it is open now, or
 * when it is not after all tries in quick succession and that was not known yet (`why`); else NULL.
 */
struct fsz_endpoint_state *fsz_endpoints_retry(struct fsz_endpoints *e, int64_t now_ms);
/* When the next try is due; INT64_MAX: none. */
int64_t fsz_endpoints_next_retry_ms(const struct fsz_endpoints *e);

/* Is one open? */
bool fsz_endpoints_have_multicast(const struct fsz_endpoints *e);
/* So many bytes were given to the socket just now. */
void fsz_endpoints_sent(struct fsz_endpoints *e, size_t bytes);
/* Waits until multicast, if any is open, has sent what it was given and receivers could ask for
 * what they lost of it; at most `most_ms`. For an endpoint or a socket that is to be closed: a
 * message whose end was not sent or not repaired stays with the receivers, whose libzmq puts the
 * next sender's message behind it. */
void fsz_endpoints_quiet(struct fsz_endpoints *e, int64_t most_ms);

#endif
