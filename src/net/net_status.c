/* SPDX-License-Identifier: MPL-2.0 */
#include "net/net_status.h"

#include "rpc/json.h"

json_t *fsz_status_endpoints(const struct fsz_endpoints *endpoints)
{
    json_t *list = json_array();
    for (size_t i = 0; i < endpoints->count; i++) {
        const struct fsz_endpoint_state *e = &endpoints->list[i];
        bool        lost = fsz_endpoints_is_lost(endpoints, e), open = e->open && !lost;
        const char *why =
            lost ? "its file was deleted, so no client can connect; a reload creates it again"
                 : e->why;
        json_array_append_new(list, json_pack("{ss ss sb ss}", "address", e->address, "mode",
                                              e->connect ? "connect" : "bind", "open", open,
                                              open ? "bound" : "why", open ? e->bound : why));
    }
    return list;
}

static json_t *wire_endings(const struct fsz_zmtp_figures *figures)
{
    json_t *endings = json_object();
    for (unsigned i = 0; i < FSZ_ZMTP_ENDING_COUNT; i++) {
        if (figures->endings[i] > 0) {
            json_object_set_new(endings, fsz_zmtp_ending_word((enum fsz_zmtp_ending)i),
                                json_integer((json_int_t)figures->endings[i]));
        }
    }
    return endings;
}

void fsz_status_wire(json_t *status, struct fsz_zmtp_socket *wire)
{
    struct fsz_zmtp_figures f;
    fsz_zmtp_socket_figures(wire, &f);
    json_t *members = json_pack(
        "{sI sI sI sI sI so so sI sI sI sI sI}", "connections", (json_int_t)f.open_now, "accepted",
        (json_int_t)f.accepted, "handshakes_failed", (json_int_t)f.handshakes_failed, "mismatched",
        (json_int_t)f.endings[FSZ_ZMTP_END_MECHANISM], "disconnected",
        (json_int_t)(f.ready - f.ready_now), "endings", wire_endings(&f), "dropped",
        fsz_json_by_priority(f.dropped), "receiving_bytes", (json_int_t)f.input_bytes,
        "receiving_bytes_peak", (json_int_t)f.input_bytes_peak, "sending_bytes",
        (json_int_t)f.output_bytes, "sending_bytes_peak", (json_int_t)f.output_bytes_peak,
        "addresses_forgotten", (json_int_t)f.addresses_forgotten);
    fsz_json_merge(status, members);
}
