/* SPDX-License-Identifier: MPL-2.0 */
/* A whole connection over a socketpair and a real loop, with pieces of the input as data.
 *
 * The first byte selects the mechanism, the role and whether a handshake comes first; the second
 * byte selects what the handler does; then follow pieces, each after a byte with its length. */
#include "zmtp/conn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES = 4096,
    MESSAGE_FRAMES = 9,
    INPUT_BYTES = 6000,
    OUTPUT_BYTES = 20000,
    TURNS = 50 /* at most, until there is nothing left to do */
};

enum setup {
    SETUP_MECHANISM = 3,
    SETUP_DIALED = 4,
    SETUP_XPUB = 8,
    SETUP_SHAKEN = 16,
    SETUP_REFUSED = 32
};
enum behaviour { DOES_ECHO = 1, DOES_END = 4, DOES_FINISH = 8, DOES_JUDGE = 0xf0 };

struct fuzz {
    struct fsz_conn_shared shared;
    struct fsz_conn       *conn;
    int                    peer;
    uint8_t                behaviour, sum;
    unsigned               messages;
    bool                   asked, ended;
};

static void check(bool controls)
{
    if (!controls) {
        abort();
    }
}

static void fuzz_echo(struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct fsz_zmtp_message *message = NULL;
    if (fsz_zmtp_message_new(frames->frames, frames->count, FSZ_ZMTP_NORMAL, &message) == FSZ_OK) {
        fsz_err err = fsz_conn_send(conn, message);
        check(err == FSZ_OK || err == FSZ_EFULL || err == FSZ_ECLOSED);
        fsz_zmtp_message_unref(message);
    }
}

static void fuzz_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct fuzz *fuzz = self;
    size_t       bytes = 0;
    check(!fuzz->ended && fsz_conn_is_ready(conn));
    check(frames->count > 0 && frames->count <= MESSAGE_FRAMES);
    for (size_t i = 0; i < frames->count; i++) {
        bytes += frames->frames[i].size + FSZ_CONN_FRAME_OVERHEAD;
    }
    check(bytes <= MESSAGE_BYTES);
    fuzz->messages++;
    if (fuzz->behaviour & DOES_ECHO) {
        fuzz_echo(conn, frames);
    }
    if ((fuzz->behaviour & DOES_END) && fuzz->messages == 3) {
        fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    } else if ((fuzz->behaviour & DOES_FINISH) && fuzz->messages == 3) {
        fsz_conn_finish(conn, fsz_loop_now_ms(fuzz->shared.loop) + 10);
    }
    for (size_t i = 0; i < frames->count; i++) { /* they must still be valid */
        fuzz->sum ^= frames->frames[i].size > 0 ? frames->frames[i].data[0] : 0;
    }
}

static void fuzz_asks(void *self, struct fsz_conn *conn,
                      const struct fsz_mechanism_credentials *credentials)
{
    static const char *const statuses[] = {"200", "400", "300", "500"};
    struct fuzz             *fuzz = self;
    (void)credentials;
    check(!fuzz->asked);
    fuzz->asked = true;
    if (!(fuzz->behaviour & 0x80)) {
        fsz_conn_judge(conn, statuses[(fuzz->behaviour & 0x30) >> 4]);
    }
}

static void fuzz_ready(void *self, struct fsz_conn *conn)
{
    (void)self;
    check(fsz_conn_facts(conn)->type < FSZ_ZMTP_TYPES);
}

static void fuzz_subscription(void *self, struct fsz_conn *conn, bool subscribe,
                              const uint8_t *prefix, size_t size)
{
    (void)self, (void)conn, (void)subscribe, (void)prefix;
    check(size <= MESSAGE_BYTES);
}

static void fuzz_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fuzz *fuzz = self;
    (void)conn;
    check(!fuzz->ended && ending < FSZ_ZMTP_ENDING_COUNT);
    fuzz->ended = true;
}

static const struct fsz_conn_handler fuzz_handler = {
    .asks = fuzz_asks,
    .ready = fuzz_ready,
    .message = fuzz_message,
    .subscription = fuzz_subscription,
    .ended = fuzz_ended,
};

/* Turns the loop until there is nothing left to do, and reads what the connection writes. */
static void fuzz_turn(struct fuzz *fuzz)
{
    static char bytes[1 << 16];
    for (size_t i = 0; i < TURNS && fsz_loop_turn(fuzz->shared.loop, 0) > 0; i++) {
        while (recv(fuzz->peer, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
        }
        check(fuzz->shared.inputs.used <= INPUT_BYTES);
    }
}

static void fuzz_send(struct fuzz *fuzz, const void *bytes, size_t size)
{
    ssize_t sent = send(fuzz->peer, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent;
    fuzz_turn(fuzz);
}

/* A handshake of mechanism NULL. */
static void fuzz_shake(struct fuzz *fuzz, bool xpub)
{
    static const char greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL";
    static const char dealer[] = "\4\x1c\5READY\xbSocket-Type\0\0\0\6DEALER";
    static const char sub[] = "\4\x19\5READY\xbSocket-Type\0\0\0\3SUB";
    fuzz_send(fuzz, greeting, sizeof(greeting));
    if (xpub) {
        fuzz_send(fuzz, sub, sizeof(sub) - 1);
    } else {
        fuzz_send(fuzz, dealer, sizeof(dealer) - 1);
    }
}

static void fuzz_begin(struct fuzz *fuzz, struct fsz_loop *loop, uint8_t setup)
{
    struct fsz_mechanism_config mechanism = {
        .name = (enum fsz_zmtp_mechanism_name)((setup & SETUP_MECHANISM) % FSZ_ZMTP_MECHANISMS),
        .as_server = !(setup & SETUP_DIALED),
        .type = setup & SETUP_XPUB ? FSZ_ZMTP_XPUB : FSZ_ZMTP_ROUTER,
        .user = "user",
        .password = "password",
    };
    struct fsz_conn_origin origin = {
        .dialed = setup & SETUP_DIALED,
        .peer = {.size = sizeof(sa_family_t), .any = {.sa_family = AF_UNIX}},
    };
    int ends[2];
    memset(mechanism.public_key, 9, sizeof(mechanism.public_key));
    memset(mechanism.secret_key, 7, sizeof(mechanism.secret_key));
    memset(mechanism.server_key, 9, sizeof(mechanism.server_key));
    fuzz->shared = (struct fsz_conn_shared){
        .loop = loop,
        .handler = &fuzz_handler,
        .self = fuzz,
        .limits = {MESSAGE_BYTES, MESSAGE_FRAMES, 20, OUTPUT_BYTES},
        .times = {.handshake_ms = 100000, .heartbeat_ms = 100000},
        .inputs = {.max = INPUT_BYTES},
        .output = {.max = OUTPUT_BYTES},
    };
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    fuzz->peer = ends[1];
    origin.fd = ends[0];
    check(fsz_conn_new(&fuzz->shared, &mechanism, &origin, &fuzz->conn) == FSZ_OK);
    fsz_conn_begin(fuzz->conn, setup & SETUP_REFUSED ? "400" : NULL);
    if ((setup & SETUP_SHAKEN) && mechanism.name == FSZ_ZMTP_NULL) {
        fuzz_shake(fuzz, setup & SETUP_XPUB);
    }
}

static void fuzz_feed(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
    while (size > 0 && !fuzz->ended) {
        size_t piece = data[0] < size - 1 ? data[0] : size - 1;
        fuzz_send(fuzz, data + 1, piece);
        data += 1 + piece;
        size -= 1 + piece;
    }
    if (fuzz->asked && (fuzz->behaviour & 0x80)) {
        fsz_conn_judge(fuzz->conn, fuzz->behaviour & 0x10 ? "400" : "200");
        fuzz_turn(fuzz);
    }
}

/* The peer disconnects, and everything is freed. */
static void fuzz_end(struct fuzz *fuzz)
{
    shutdown(fuzz->peer, SHUT_WR);
    fuzz_turn(fuzz);
    check(fuzz->ended);
    fsz_conn_unref(&fuzz->conn);
    close(fuzz->peer);
    fuzz_turn(fuzz);
    check(fuzz->shared.inputs.used == 0 && fuzz->shared.inputs.oldest == NULL);
    check(fuzz->shared.output.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fsz_loop *loop;
    struct fuzz             fuzz = {0};
    if (size < 2 || (loop == NULL && fsz_loop_new(&loop) != FSZ_OK)) {
        return 0;
    }
    fuzz.behaviour = data[1];
    fuzz_begin(&fuzz, loop, data[0]);
    fuzz_feed(&fuzz, data + 2, size - 2);
    fuzz_end(&fuzz);
    return 0;
}
