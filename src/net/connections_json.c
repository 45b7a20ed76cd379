/* SPDX-License-Identifier: MPL-2.0 */
/* Connections as JSON and as text. */
#include "base/clock.h"
#include "net/connections.h"
#include "rpc/json.h"
#include "rpc/rpc.h"

#include <string.h>

static const char *json_version(enum fsz_zmtp_version version)
{
    static const char *const texts[] = {"", "2.0", "3.0", "3.1"};
    return texts[version];
}

static json_t *json_identity(const struct fsz_connection *connection)
{
    const struct fsz_conn_facts *facts = fsz_conn_facts(connection->conn);
    const char                  *user = fsz_zmtp_socket_identity(connection->conn).user;
    int64_t                      age_ms = fsz_clock_monotonic_ms() - facts->since_ms;
    json_t                      *identity = json_pack(
                             "{sI ss ss so ss ss ss ss sI sI}", "id", (json_int_t)facts->id, "owner", connection->owner,
                             "direction", facts->dialed ? "dialed" : "accepted", "user",
        user[0] != '\0' ? fsz_rpc_text(user, strlen(user)) : json_null(), "mechanism",
                             fsz_zmtp_mechanism_text(facts->mechanism), "version", json_version(facts->version), "type",
        facts->type < FSZ_ZMTP_TYPES ? fsz_zmtp_type_name(facts->type) : "", "endpoint",
                             facts->endpoint, "since", (json_int_t)(fsz_clock_wall_us() - age_ms * 1000), "age_ms",
                             (json_int_t)age_ms);
    json_object_set_new(identity, "address", fsz_rpc_text(facts->peer, strlen(facts->peer)));
    if (facts->uid >= 0) {
        json_object_set_new(identity, "uid", json_integer(facts->uid));
        json_object_set_new(identity, "pid", json_integer(facts->pid));
    }
    return identity;
}

static void json_add_figures(json_t *object, struct fsz_conn *conn)
{
    struct fsz_conn_figures f;
    fsz_conn_figures(conn, &f);
    json_t *figures = json_pack(
        "{sI sI sI sI sI sI so sI so}", "messages_in", (json_int_t)f.messages_in, "bytes_in",
        (json_int_t)f.bytes_in, "messages_out", (json_int_t)f.messages_out, "bytes_out",
        (json_int_t)f.bytes_out, "queued_messages", (json_int_t)f.queued_messages, "queued_bytes",
        (json_int_t)f.queued_bytes, "dropped", fsz_json_by_priority(f.dropped), "heard_ms",
        (json_int_t)(fsz_clock_monotonic_ms() - f.heard_ms), "round_trip_us",
        f.round_trip_us < 0 ? json_null() : json_integer(f.round_trip_us));
    fsz_json_merge(object, figures);
}

static json_t *json_of_one(const struct fsz_connection *connection)
{
    json_t *object = json_identity(connection);
    json_add_figures(object, connection->conn);
    if (connection->subscribes) {
        json_object_set_new(object, "subscriptions",
                            json_pack("{sI sI sI}", "count", (json_int_t)connection->subscriptions,
                                      "bytes", (json_int_t)connection->subscription_bytes,
                                      "refused", (json_int_t)connection->refused));
        json_object_set_new(object, "reported", fsz_json_by_priority(connection->reported));
    }
    return object;
}

json_t *fsz_connections_json(const struct fsz_connections *connections)
{
    json_t *list = json_array();
    if (connections->failed != FSZ_OK || list == NULL) {
        json_decref(list);
        return NULL;
    }
    for (size_t i = 0; i < connections->count; i++) {
        json_array_append_new(list, json_of_one(&connections->list[i]));
    }
    return json_pack("{so sb}", "connections", list, "more", connections->more);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void text_priorities(const json_t *object, const char *name, const char *label,
                            struct fsz_buffer *out)
{
    const json_t *counts = json_object_get(object, name);
    if (counts != NULL) {
        fsz_buffer_printf(out, ", %s %lld low, %lld normal, %lld high", label,
                          fsz_json_number(counts, "low"), fsz_json_number(counts, "normal"),
                          fsz_json_number(counts, "high"));
    }
}

static void text_one(const json_t *c, struct fsz_buffer *out)
{
    const json_t *subscriptions = json_object_get(c, "subscriptions");
    const json_t *round_trip = json_object_get(c, "round_trip_us");
    const char   *user = fsz_json_string(c, "user");
    fsz_buffer_printf(out, "%lld %s %s, %s%s, %s, ZMTP %s, %s, %s %lld s ago\n",
                      fsz_json_number(c, "id"), fsz_json_string(c, "owner"),
                      fsz_json_string(c, "address"), user[0] != '\0' ? "user " : "no user", user,
                      fsz_json_string(c, "mechanism"), fsz_json_string(c, "version"),
                      fsz_json_string(c, "type"), fsz_json_string(c, "direction"),
                      fsz_json_number(c, "age_ms") / 1000);
    if (json_object_get(c, "uid") != NULL) {
        fsz_buffer_printf(out, "  uid %lld, pid %lld\n", fsz_json_number(c, "uid"),
                          fsz_json_number(c, "pid"));
    }
    fsz_buffer_printf(out,
                      "  in %lld messages, %lld bytes; out %lld messages, %lld bytes; queued %lld "
                      "messages, %lld bytes",
                      fsz_json_number(c, "messages_in"), fsz_json_number(c, "bytes_in"),
                      fsz_json_number(c, "messages_out"), fsz_json_number(c, "bytes_out"),
                      fsz_json_number(c, "queued_messages"), fsz_json_number(c, "queued_bytes"));
    text_priorities(c, "dropped", "dropped", out);
    text_priorities(c, "reported", "reported as lost", out);
    if (subscriptions != NULL) {
        fsz_buffer_printf(out, "\n  %lld subscriptions, %lld bytes, %lld refused",
                          fsz_json_number(subscriptions, "count"),
                          fsz_json_number(subscriptions, "bytes"),
                          fsz_json_number(subscriptions, "refused"));
    }
    fsz_buffer_printf(out, "\n  heard %lld ms ago", fsz_json_number(c, "heard_ms"));
    if (json_is_integer(round_trip)) {
        fsz_buffer_printf(out, ", round trip %lld µs", (long long)json_integer_value(round_trip));
    }
    fsz_buffer_text(out, "\n");
}

void fsz_connections_write(const json_t *connections, struct fsz_buffer *out)
{
    const json_t *list = json_object_get(connections, "connections");
    size_t        index = 0, count = json_array_size(list);
    json_t       *one = NULL;
    json_array_foreach(list, index, one)
    {
        text_one(one, out);
    }
    if (count == 0) {
        fsz_buffer_text(out, "no connections\n");
    } else if (json_is_true(json_object_get(connections, "more"))) {
        fsz_buffer_printf(out, "more: zmq clients after=%lld\n",
                          fsz_json_number(json_array_get(list, count - 1), "id"));
    }
}
