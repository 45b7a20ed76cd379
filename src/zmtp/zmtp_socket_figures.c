/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/zmtp_socket_private.h"

#include <utlist.h>

void fsz_zmtp_socket_add_figures(struct fsz_zmtp_figures *figures, struct fsz_conn *conn)
{
    struct fsz_conn_figures done;
    fsz_conn_figures(conn, &done);
    figures->messages_in += done.messages_in;
    figures->bytes_in += done.bytes_in;
    figures->messages_out += done.messages_out;
    figures->bytes_out += done.bytes_out;
    for (size_t i = 0; i < FSZ_ZMTP_PRIORITIES; i++) {
        figures->dropped[i] += done.dropped[i];
    }
}

void fsz_zmtp_socket_add_listener(struct fsz_zmtp_figures   *figures,
                                  const struct fsz_listener *listener)
{
    uint64_t turned_away = fsz_listener_figures(listener).turned_away;
    figures->accepted += turned_away;
    figures->endings[FSZ_ZMTP_END_DESCRIPTORS] += turned_away;
}

static bool member_add_figures(void *argument, struct fsz_zmtp_member *member)
{
    fsz_zmtp_socket_add_figures(argument, member->conn);
    return true;
}

void fsz_zmtp_socket_figures(struct fsz_zmtp_socket *socket, struct fsz_zmtp_figures *ret_figures)
{
    struct fsz_zmtp_figures   figures = socket->totals;
    struct fsz_zmtp_endpoint *endpoint;
    figures.open_now = HASH_COUNT(socket->members);
    fsz_zmtp_socket_walk(socket, member_add_figures, &figures);
    LL_FOREACH(socket->endpoints, endpoint)
    {
        if (endpoint->listener != NULL) {
            fsz_zmtp_socket_add_listener(&figures, endpoint->listener);
        }
    }
    figures.input_bytes = socket->shared.inputs.used;
    figures.input_bytes_peak = socket->shared.inputs.peak;
    figures.output_bytes = atomic_load(&socket->shared.output.used);
    figures.output_bytes_peak = atomic_load(&socket->shared.output.peak);
    figures.addresses_forgotten = socket->rates.forgotten;
    *ret_figures = figures;
}
