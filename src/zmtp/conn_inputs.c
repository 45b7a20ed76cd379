/* SPDX-License-Identifier: MPL-2.0 */
/* conn_inputs.c - bounds the memory of incomplete messages, of all connections that share it. */
#include "zmtp/conn_private.h"

/* Adds a connection whose message became incomplete, as the newest one. Connections in the
 * handshake come before those that are ready. */
static void input_list(struct fsz_conn *conn)
{
    struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    struct conn_input      *input = &conn->input;
    bool                    is_last = conn->stage == CONN_TRAFFIC;
    if (input->listed) {
        return;
    }
    input->listed = true;
    input->since_ms = fsz_loop_now_ms(conn->shared->loop);
    input->older = is_last ? inputs->newest : NULL;
    input->newer = is_last ? NULL : inputs->oldest;
    *(input->older != NULL ? &input->older->input.newer : &inputs->oldest) = conn;
    *(input->newer != NULL ? &input->newer->input.older : &inputs->newest) = conn;
}

static void input_unlist(struct fsz_conn *conn)
{
    struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    struct conn_input      *input = &conn->input;
    if (!input->listed) {
        return;
    }
    input->listed = false;
    *(input->older != NULL ? &input->older->input.newer : &inputs->oldest) = input->newer;
    *(input->newer != NULL ? &input->newer->input.older : &inputs->newest) = input->older;
}

void fsz_conn_input_unlist(struct fsz_conn *conn)
{
    conn->shared->inputs.used -= conn->input.counted;
    conn->input.counted = 0;
    input_unlist(conn);
}

void fsz_conn_input_relist(struct fsz_conn *conn)
{
    if (conn->input.listed) {
        input_unlist(conn);
        input_list(conn);
    }
}

/* Has the rest of its message been missing for too long? Unread input does not count as missing. */
static bool input_is_stuck(const struct fsz_conn *conn)
{
    int64_t waited_ms = fsz_loop_now_ms(conn->shared->loop) - conn->input.since_ms;
    return waited_ms > conn->shared->inputs.patience_ms && !fsz_conn_has_unread(conn);
}

/* The connection that uses most memory, if `conn` gets `bytes` more. */
static struct fsz_conn *input_greediest(struct fsz_conn *conn, size_t bytes)
{
    struct fsz_conn *greediest = conn;
    size_t           most = conn->input.counted + bytes;
    for (struct fsz_conn *each = conn->shared->inputs.oldest; each != NULL;
         each = each->input.newer) {
        if (each->input.counted > most) {
            greediest = each;
            most = each->input.counted;
        }
    }
    return greediest;
}

/* The connection that ends so that `conn` can have `bytes` more: the newest one in the handshake,
 * otherwise the one that uses most, which is always more than an equal part of the bound. If that
 * is `conn` itself, many others may use a little each forever: then it is the oldest one that is
 * stuck, if any. */
static struct fsz_conn *input_victim(struct fsz_conn *conn, size_t bytes)
{
    struct fsz_conn *oldest = conn->shared->inputs.oldest;
    if (oldest->stage != CONN_TRAFFIC) {
        return oldest;
    }
    struct fsz_conn *greediest = input_greediest(conn, bytes);
    return greediest == conn && input_is_stuck(oldest) ? oldest : greediest;
}

bool fsz_conn_input_count(struct fsz_conn *conn, size_t bytes)
{
    struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    if (inputs->max > 0 && bytes > inputs->max) {
        fsz_conn_end(conn, FSZ_ZMTP_END_INPUT_BYTES);
        return false;
    }
    input_list(conn);
    while (inputs->max > 0 && inputs->used > inputs->max - bytes) {
        fsz_conn_end(input_victim(conn, bytes), FSZ_ZMTP_END_INPUT_BYTES);
        if (fsz_conn_is_over(conn)) {
            return false;
        }
    }
    inputs->used += bytes;
    conn->input.counted += bytes;
    if (inputs->used > inputs->peak) {
        inputs->peak = inputs->used;
    }
    return true;
}

void fsz_conn_input_uncount(struct fsz_conn *conn, size_t bytes)
{
    struct conn_input *input = &conn->input;
    size_t             counted = bytes < input->counted ? bytes : input->counted;
    input->counted -= counted;
    conn->shared->inputs.used -= counted;
}
