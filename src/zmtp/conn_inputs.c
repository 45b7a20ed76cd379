/* Memory of unfinished messages, of all connections that share it. */
#include "zmtp/conn_private.h"

/* Its message is unfinished now: it is the newest such connection. One in the handshake is put
 * before all that are ready. */
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

/* Waits for the rest of its message for long, or is still in the handshake. */
static bool input_is_first(const struct fsz_conn *conn)
{
    int64_t waited_ms = fsz_loop_now_ms(conn->shared->loop) - conn->input.since_ms;
    return conn->stage != CONN_TRAFFIC || waited_ms > conn->shared->inputs.patience_ms;
}

/* Who has to go so that `conn` can have `bytes` more: the newest in the handshake, else the one
 * that has waited too long for the rest of its message, else the one that holds most. That one
 * always holds more than an equal part of the bound, so that who stays within it is not ended for
 * what others hold. */
static struct fsz_conn *input_victim(struct fsz_conn *conn, size_t bytes)
{
    const struct fsz_conn_inputs *inputs = &conn->shared->inputs;
    struct fsz_conn              *victim = conn;
    size_t                        most = conn->input.counted + bytes;
    if (bytes > inputs->max) {
        return conn;
    }
    if (input_is_first(inputs->oldest)) {
        return inputs->oldest;
    }
    for (struct fsz_conn *each = inputs->oldest; each != NULL; each = each->input.newer) {
        if (each->input.counted > most) {
            victim = each;
            most = each->input.counted;
        }
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
