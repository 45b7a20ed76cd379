/* provider_link.h - a connected endpoint as a client of the API: what it asks for itself is a
 * request like another, and answered on its socket. API thread only. */
#ifndef FSZ_PROVIDER_LINK_H
#define FSZ_PROVIDER_LINK_H

#include "net/rpc_socket.h"

/* A channel with one client, which is the endpoint and has the grants of `group`. How it is reached
 * is for the caller to fill in. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_provider_link_new(const char *service, const char *address,
                                            const char *group, struct fsz_account *whole,
                                            struct fsz_rpc_socket **ret_api_socket,
                                            struct fsz_client     **ret_client);
/* Gives both back; what is under way for the client goes on, and is not answered. Accepts NULL. */
void fsz_provider_link_free(struct fsz_rpc_socket **api_socket, struct fsz_client **client);

#endif
