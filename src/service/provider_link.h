/* SPDX-License-Identifier: MPL-2.0 */
/* provider_link.h - makes an endpoint a client of the API: its own requests are handled like any
 * other's, and the replies go to its socket. API thread only. */
#ifndef FSZ_PROVIDER_LINK_H
#define FSZ_PROVIDER_LINK_H

#include "net/rpc_socket.h"

/* An API socket with one client: the endpoint, with the grants of `group`. The caller fills in how
 * to send to it. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_provider_link_new(const char *service, const char *address,
                                            const char *group, struct fsz_account *whole,
                                            struct fsz_rpc_socket **ret_api_socket,
                                            struct fsz_client     **ret_client);
/* Frees both. The client's requests in progress continue and get no reply. Accepts NULL in either.
 */
void fsz_provider_link_free(struct fsz_rpc_socket **api_socket, struct fsz_client **client);

#endif
