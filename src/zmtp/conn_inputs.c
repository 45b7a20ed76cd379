/* Memory of unfinished messages, of all connections that share it. */
#include "zmtp/conn_private.h"

/* Its message is unfinished now: it is the newest such connection. One in the handshake goes before
 * all that are ready. */
static void input_list(struct fsz_conn *conn)
{
    struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    struct conn_input      *input = &conn->input;
    bool                    is_last = conn->stage == CONN_TRAFFIC;
    if (input->listed) {
        return;
    }
    input->listed = true;
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

/* Who has to go so that `conn` can have `bytes` more: the oldest that is still in the handshake, or
 * that holds more than its equal part of the bound. One that stays within its part is never ended
 * for what others hold. The parts add up to no more than the bound, so where the list has nobody,
 * `conn` itself is over its part. */
static struct fsz_conn *input_victim(struct fsz_conn *conn, size_t bytes)
{
    const struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    size_t                        all = atomic_load(&conn->shared->ready);
    size_t                        part = inputs->max / (all > 0 ? all : 1);
    struct fsz_conn              *victim = bytes > inputs->max ? conn : inputs->oldest;
    while (victim != conn && victim->stage == CONN_TRAFFIC && victim->input.counted <= part) {
        victim = victim->input.newer != NULL ? victim->input.newer : conn;
    }
    return victim;
}

bool fsz_conn_input_count(struct fsz_conn *conn, size_t bytes)
{
    struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    input_list(conn);
    while (inputs->max > 0 && (bytes > inputs->max || inputs->used > inputs->max - bytes)) {
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
