/* serve.h - a call comes from the dialplan's `zmq`: offered, served, held, given back.
 *
 * Wire: docs/protocol/calls.md. On the call's own thread, which stays here as long as the call is
 * offered or held. */
#ifndef FSZ_SERVE_H
#define FSZ_SERVE_H

#include "host/host.h"
#include "host/session.h"
#include "service/service_client.h"

/* `line`: what the dialplan gave the application: a service's name and arguments. Returns when the
 * dialplan may go on, which it does if the call is up; zmq_result says how it came to that. */
void fsz_dialplan_app(struct fsz_service_client *service_client, const struct fsz_host *host,
                      const struct fsz_session *session, const char *line);

#endif
