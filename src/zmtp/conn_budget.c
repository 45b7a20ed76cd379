/* SPDX-License-Identifier: MPL-2.0 */
/* conn_budget.c - charges queued messages to the budget of all connections. */
#include "zmtp/conn_private.h"

bool fsz_conn_budget_is_entitled(const struct fsz_conn *conn, size_t more)
{
    size_t max = atomic_load(&conn->shared->output.max), all = atomic_load(&conn->shared->ready);
    return conn->output.held + more <= max / (all > 0 ? all : 1);
}

bool fsz_conn_budget_charge(struct fsz_conn *conn, struct fsz_zmtp_message *message)
{
    return fsz_zmtp_message_charge(message, &conn->shared->output,
                                   fsz_conn_budget_is_entitled(conn, 0));
}

/* The number of messages that are partly written or sealed: these cannot be dropped. */
static size_t budget_begun(const struct conn_output *output)
{
    if (output->sealer != NULL) {
        return output->sealed_messages + (output->sealed_at > 0 ? 1 : 0);
    }
    return output->written > 0 ? 1 : 0;
}

bool fsz_conn_budget_charge_all(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    for (; output->uncharged > 0; output->uncharged--) {
        size_t oldest = output->count - output->uncharged;
        if (!fsz_conn_budget_charge(conn, fsz_conn_output_at(output, oldest))) {
            return false;
        }
    }
    return true;
}

/* A message that is partly written cannot be dropped, so it may exceed the bound. */
static bool budget_charge_begun(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    size_t              oldest = output->count - output->uncharged;
    bool                charged =
        oldest < budget_begun(output) &&
        fsz_zmtp_message_charge(fsz_conn_output_at(output, oldest), &conn->shared->output, true);
    output->uncharged -= charged;
    return charged;
}

/* Charges what was not written, and drops the newest messages for which the budget has no room.
 * False: it has no room for a message that is partly written. */
static bool budget_fit(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    while (!fsz_conn_budget_charge_all(conn)) {
        if (budget_charge_begun(conn)) {
            continue;
        }
        if (output->count <= budget_begun(output)) {
            return false;
        }
        output->uncharged--;
        fsz_conn_output_drop_last(conn);
    }
    return true;
}

/* Is no more than a quarter of each bound used? */
static bool budget_has_drained(const struct fsz_conn *conn)
{
    const struct conn_output     *output = &conn->output;
    const struct fsz_conn_limits *limits = &conn->shared->limits;
    uint64_t most = __atomic_load_n(&limits->output_messages, __ATOMIC_RELAXED);
    size_t   bytes = __atomic_load_n(&limits->output_bytes, __ATOMIC_RELAXED);
    return (most == 0 || output->count <= most / 4) && (bytes == 0 || output->bytes <= bytes / 4);
}

/* A loss during this write is reported later: the peer has read nothing since. */
bool fsz_conn_budget_settle(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    bool                had_lost = output->lost;
    bool                fits = budget_fit(conn);
    if (had_lost && !output->broken && budget_has_drained(conn)) {
        output->lost = false;
        output->drained = true;
    }
    return fits;
}
