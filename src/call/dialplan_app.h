/* SPDX-License-Identifier: MPL-2.0 */
/* dialplan_app.h - the dialplan application `zmq`: offers a call to a service, and keeps it while a
 * worker controls it.
 *
 * Wire: docs/protocol/calls.md. Runs on the call's own thread. */
#ifndef FSZ_DIALPLAN_APP_H
#define FSZ_DIALPLAN_APP_H

#include "host/host.h"
#include "host/session.h"
#include "service/service_client.h"

/* `line`: the application's data: a service's name and arguments. Returns when neither an offer nor
 * control is left; the dialplan continues if the call is up. The variable zmq_result says why. */
void fsz_dialplan_app(struct fsz_service_client *service_client, const struct fsz_host *host,
                      const struct fsz_session *session, const char *line);

#endif
