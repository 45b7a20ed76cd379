/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/conn_private.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

void fsz_conn_close(struct fsz_conn *conn, enum fsz_zmtp_ending ending, int64_t due_ms)
{
    conn->stage = CONN_CLOSING;
    conn->ending = ending;
    conn->handshake_due_ms =
        due_ms > 0 ? due_ms : fsz_loop_now_ms(conn->shared->loop) + CONN_CLOSE_MS;
    conn->input.asking = false;
    if (!conn->input.lent) {
        fsz_conn_input_fini(conn);
    }
    fsz_conn_watch_input(conn);
    fsz_conn_output_lock(conn);
    conn->output.finishing = true;
    fsz_conn_write(conn);
    fsz_conn_output_unlock(conn);
    fsz_conn_close_check(conn);
    if (!fsz_conn_is_over(conn)) {
        fsz_conn_schedule(conn);
    }
}

/* Has the peer's system received everything, so that closing the descriptor loses nothing? No event
 * reports that, so the timer checks again (fsz_conn_schedule()). */
static bool close_has_arrived(const struct fsz_conn *conn)
{
    int waiting = 0;
    return conn->local || ioctl(conn->watch.fd, SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

void fsz_conn_close_check(struct fsz_conn *conn)
{
    fsz_conn_output_lock(conn);
    bool broken = conn->output.broken;
    bool written = fsz_conn_output_is_empty(&conn->output);
    fsz_conn_output_unlock(conn);
    if (broken) {
        fsz_conn_end(conn, conn->ending);
    } else if (written) {
        bool stopped = conn->ending == FSZ_ZMTP_END_STOPPED;
        if (conn->peer_closed || (stopped && close_has_arrived(conn))) {
            fsz_conn_end(conn, conn->ending);
        } else if (!conn->half_closed) {
            conn->half_closed = true;
            shutdown(conn->watch.fd, SHUT_WR);
            fsz_conn_schedule(conn);
        }
    }
}

void fsz_conn_finish(struct fsz_conn *conn, int64_t due_ms)
{
    fsz_conn_ref(conn);
    if (conn->stage == CONN_CLOSING && due_ms < conn->handshake_due_ms) {
        conn->handshake_due_ms = due_ms;
        fsz_conn_schedule(conn);
    } else if (conn->stage == CONN_TRAFFIC) {
        fsz_conn_close(conn, FSZ_ZMTP_END_STOPPED, due_ms);
    } else if (conn->stage != CONN_CLOSING) {
        fsz_conn_end(conn, FSZ_ZMTP_END_STOPPED);
    }
    fsz_conn_unref(&conn);
}
