/* endpoints_private.h - shared by endpoints.c (the list of a socket's endpoints) and
 * endpoint_open.c (one endpoint). */
#ifndef FSZ_ENDPOINTS_PRIVATE_H
#define FSZ_ENDPOINTS_PRIVATE_H

#include "endpoints.h"

enum {
    ENDPOINT_RETRY_FIRST_MS = 10,
    ENDPOINT_NO_HOLDER = -1, /* not a matter of who holds the address, or not asked */
};

/* Opens it, or fills in `why` and when to try again. `ask_who`: finds out who holds an address that
 * is in use, which reads all of /proc. FSZ_ESYSTEM. */
fsz_err fsz_endpoint_try(struct fsz_endpoints *e, struct fsz_endpoint_state *state, bool ask_who);
/* The same, but waits for an address that a socket of libzmq in this process is letting go of. */
fsz_err fsz_endpoint_try_new(struct fsz_endpoints *e, struct fsz_endpoint_state *state);
/* Closes it, if it is open. */
void fsz_endpoint_close(struct fsz_endpoints *e, const struct fsz_endpoint_state *state);
void fsz_endpoints_set_linger(void *socket);
/* An endpoint of libzmq has been closed just now. Any thread. */
void fsz_endpoints_note_closed(void);

#endif
