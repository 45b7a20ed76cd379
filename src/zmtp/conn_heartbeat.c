/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"
#include "zmtp/conn_private.h"

#include <string.h>

enum {
    HEARTBEAT_TTL_BYTES = 2,
    HEARTBEAT_TENTH_MS = 100, /* TTLs are in tenths of a second */
    HEARTBEAT_CLOSE_LOOK_MS = 20
};

/* Does the peer know PING? A 3.0 library that does not may take it for a message, so a 3.0 peer
 * must have sent one first. */
static bool heartbeat_may_ping(const struct fsz_conn *conn)
{
    return conn->facts.version == FSZ_ZMTP_3_1 ||
           (conn->facts.version == FSZ_ZMTP_3_0 && conn->beat.peer_pings);
}

/* When a PING without a reply ends the connection; 0: never. */
static int64_t heartbeat_answer_due_ms(const struct fsz_conn *conn)
{
    const struct fsz_conn_times *times = &conn->shared->times;
    if (!conn->beat.asked || times->heartbeat_ms == 0) {
        return 0;
    }
    return conn->beat.asked_ms +
           (times->heartbeat_timeout_ms > 0 ? times->heartbeat_timeout_ms : times->heartbeat_ms);
}

void fsz_conn_heartbeat_begin(struct fsz_conn *conn)
{
    int64_t interval_ms = conn->shared->times.heartbeat_ms;
    conn->beat.ping_due_ms =
        interval_ms > 0 ? fsz_loop_now_ms(conn->shared->loop) + interval_ms : 0;
    fsz_conn_schedule(conn);
}

void fsz_conn_heartbeat_heard(struct fsz_conn *conn)
{
    atomic_store_explicit(&conn->heard_ms, fsz_loop_now_ms(conn->shared->loop),
                          memory_order_relaxed);
    conn->beat.asked = false;
    conn->beat.ttl_due_ms = 0;
}

fsz_err fsz_conn_heartbeat_ping(struct fsz_conn *conn, const uint8_t *data, size_t size)
{
    struct conn_output *output = &conn->output;
    if (size < HEARTBEAT_TTL_BYTES) {
        return FSZ_EINVALID;
    }
    int64_t ttl_ms = (int64_t)(data[0] << 8 | data[1]) * HEARTBEAT_TENTH_MS;
    size_t  context = size - HEARTBEAT_TTL_BYTES;
    context = context < CONN_PONG_BYTES ? context : CONN_PONG_BYTES;
    fsz_conn_output_lock(conn);
    output->pong_due = true;
    output->pong_size = context;
    memcpy(output->pong, data + HEARTBEAT_TTL_BYTES, context);
    fsz_conn_output_unlock(conn);
    conn->input.answers = true;
    conn->beat.peer_pings = true;
    conn->beat.ttl_due_ms = ttl_ms > 0 ? fsz_loop_now_ms(conn->shared->loop) + ttl_ms : 0;
    fsz_conn_schedule(conn);
    return FSZ_OK;
}

void fsz_conn_heartbeat_pong(struct fsz_conn *conn)
{
    conn->beat.peer_pings = true;
    if (conn->beat.measuring) {
        conn->beat.measuring = false;
        atomic_store_explicit(&conn->round_trip_us, fsz_clock_monotonic_us() - conn->beat.ping_us,
                              memory_order_relaxed);
    }
}

void fsz_conn_retime(struct fsz_conn *conn)
{
    if (conn->stage == CONN_TRAFFIC) {
        fsz_conn_heartbeat_begin(conn);
    }
}

static void heartbeat_send(struct fsz_conn *conn, int64_t now_ms)
{
    struct conn_beat   *beat = &conn->beat;
    struct conn_output *output = &conn->output;
    int64_t             ttl = conn->shared->times.heartbeat_ttl_ms / HEARTBEAT_TENTH_MS;
    if (!beat->asked) {
        beat->asked = true;
        beat->asked_ms = now_ms;
    }
    if (!beat->measuring) {
        beat->measuring = true;
        beat->ping_us = fsz_clock_monotonic_us();
    }
    fsz_conn_output_lock(conn);
    output->ping_due = true;
    output->ping_ttl = (uint16_t)(ttl < UINT16_MAX ? ttl : UINT16_MAX);
    fsz_conn_write(conn);
    fsz_conn_output_unlock(conn);
}

/* The earlier of two times; 0 means none. */
static int64_t due_first(int64_t a, int64_t b)
{
    if (a == 0 || b == 0) {
        return a + b;
    }
    return a < b ? a : b;
}

/* When silence ends the connection; 0: never. */
static int64_t due_silence(const struct fsz_conn *conn)
{
    return due_first(conn->beat.ttl_due_ms, heartbeat_answer_due_ms(conn));
}

/* When closing ends, or when to check again whether the peer's system has received everything. */
static int64_t due_close(const struct fsz_conn *conn)
{
    bool waits = conn->half_closed && conn->ending == FSZ_ZMTP_END_STOPPED;
    return waits ? due_first(conn->handshake_due_ms,
                             fsz_loop_now_ms(conn->shared->loop) + HEARTBEAT_CLOSE_LOOK_MS)
                 : conn->handshake_due_ms;
}

static int64_t due_next(const struct fsz_conn *conn)
{
    switch (conn->stage) {
    case CONN_GREETING:
    case CONN_HANDSHAKE:
        return conn->input.asking ? 0 : conn->handshake_due_ms;
    case CONN_CLOSING:
        return due_close(conn);
    case CONN_TRAFFIC:
        return due_first(conn->beat.ping_due_ms, due_silence(conn));
    case CONN_NEW:
    case CONN_ENDED:
        break;
    }
    return 0;
}

/* A timer that is set too early stays: when it fires, it is set again. */
void fsz_conn_schedule(struct fsz_conn *conn)
{
    int64_t due_ms = due_next(conn);
    if (due_ms == 0 || (conn->timer_due_ms != 0 && conn->timer_due_ms <= due_ms)) {
        return;
    }
    if (fsz_loop_set_timer(conn->shared->loop, &conn->timer, due_ms) != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        return;
    }
    conn->timer_due_ms = due_ms;
}

static void fire_traffic(struct fsz_conn *conn, int64_t now_ms)
{
    struct conn_beat *beat = &conn->beat;
    int64_t           silence_ms = due_silence(conn);
    if (silence_ms != 0 && silence_ms <= now_ms && !fsz_conn_has_unread(conn)) {
        fsz_conn_end(conn, FSZ_ZMTP_END_HEARTBEAT_TIMEOUT);
        return;
    }
    if (beat->ping_due_ms != 0 && beat->ping_due_ms <= now_ms) {
        fsz_conn_heartbeat_begin(conn);
        if (beat->ping_due_ms != 0 && heartbeat_may_ping(conn)) {
            heartbeat_send(conn, now_ms);
        }
    }
}

void fsz_conn_fire(void *argument)
{
    struct fsz_conn *conn = fsz_conn_ref(argument);
    int64_t          now_ms = fsz_loop_now_ms(conn->shared->loop);
    int64_t          due_ms = due_next(conn);
    conn->timer_due_ms = 0;
    if (conn->stage == CONN_TRAFFIC) {
        fire_traffic(conn, now_ms);
    } else if (due_ms != 0 && due_ms <= now_ms) {
        bool closing = conn->stage == CONN_CLOSING;
        fsz_conn_end(conn, closing ? conn->ending : FSZ_ZMTP_END_HANDSHAKE_TIMEOUT);
    } else if (conn->stage == CONN_CLOSING) {
        fsz_conn_close_check(conn);
    }
    if (!fsz_conn_is_over(conn)) {
        fsz_conn_schedule(conn);
    }
    fsz_conn_unref(&conn);
}
