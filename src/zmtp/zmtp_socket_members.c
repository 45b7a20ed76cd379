/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_socket_members.c - the connections of a socket: how they begin, report and end. */

#include "zmtp/zmtp_socket_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void member_wait_expired(void *argument)
{
    struct fsz_zmtp_member *member = argument;
    fsz_conn_end(member->conn, FSZ_ZMTP_END_HANDSHAKE_TIMEOUT);
}

/* Any thread. */
static void member_free(void *owner)
{
    struct fsz_zmtp_member *member = owner;
    fsz_zmtp_socket_unref(member->socket);
    free(member->user);
    free(member);
}

static struct fsz_zmtp_member *member_new(struct fsz_zmtp_socket *socket)
{
    struct fsz_zmtp_member *member = calloc(1, sizeof(*member));
    if (member != NULL) {
        fsz_zmtp_socket_ref(socket);
        member->socket = socket;
        member->access.fire = member_wait_expired;
        member->access.argument = member;
    }
    return member;
}

/* Counts a connection that could not be created. */
static fsz_err socket_fail(struct fsz_zmtp_socket *socket, struct fsz_zmtp_origin *origin,
                           fsz_err err)
{
    fsz_zmtp_socket_uncount(socket, &origin);
    socket->totals.endings[err == FSZ_ESYSTEM ? FSZ_ZMTP_END_SYSTEM : FSZ_ZMTP_END_MEMORY]++;
    return err;
}

fsz_err fsz_zmtp_socket_add(struct fsz_zmtp_socket *socket, const struct fsz_conn_origin *from,
                            struct fsz_zmtp_origin *origin, struct fsz_zmtp_member **ret_member)
{
    struct fsz_zmtp_member *member = member_new(socket);
    if (member == NULL) {
        close(from->fd);
        return socket_fail(socket, origin, FSZ_ENOMEM);
    }
    struct fsz_conn_origin with_owner = *from;
    with_owner.owner = member;
    fsz_err err =
        fsz_conn_new(&socket->shared, &socket->options.mechanism, &with_owner, &member->conn);
    if (err != FSZ_OK) {
        member_free(member);
        return socket_fail(socket, origin, err);
    }
    member->id = fsz_conn_facts(member->conn)->id;
    member->origin = origin;
    HASH_ADD(hh, socket->members, id, sizeof(member->id), member);
    if (member->hh.tbl == NULL) { /* out of memory */
        fsz_conn_end(member->conn, FSZ_ZMTP_END_MEMORY);
        return FSZ_ENOMEM;
    }
    *ret_member = member;
    return FSZ_OK;
}

/* Asks the gate, and bounds the time for its decision. */
static void member_ask(struct fsz_zmtp_member *member, enum fsz_admission_stage stage,
                       const struct fsz_mechanism_credentials *credentials)
{
    struct fsz_loop *loop = member->socket->loop;
    int64_t          most_ms = member->socket->options.access_ms;
    int64_t          due_ms = fsz_loop_now_ms(loop) + (most_ms > 0 ? most_ms : FSZ_ZMTP_ACCESS_MS);
    if (fsz_loop_set_timer(loop, &member->access, due_ms) != FSZ_OK ||
        fsz_admission_ask(member, stage, credentials) != FSZ_OK) {
        fsz_conn_end(member->conn, FSZ_ZMTP_END_MEMORY);
    }
}

void fsz_zmtp_socket_begin(struct fsz_zmtp_member *member)
{
    bool accepted = !fsz_conn_facts(member->conn)->dialed;
    if (accepted && member->socket->gate != NULL) {
        member_ask(member, FSZ_ADMISSION_ADDRESS, NULL);
    } else {
        fsz_conn_begin(member->conn, NULL);
    }
}

static void member_asks(void *self, struct fsz_conn *conn,
                        const struct fsz_mechanism_credentials *credentials)
{
    const struct fsz_zmtp_socket *socket = self;
    if (socket->gate != NULL) {
        member_ask(fsz_conn_owner(conn), FSZ_ADMISSION_CREDENTIALS, credentials);
    } else {
        fsz_conn_judge(conn, "200");
    }
}

/* False: out of memory. */
static bool member_take_identity(struct fsz_zmtp_member            *member,
                                 const struct fsz_admission_answer *answer)
{
    member->tag = answer->tag;
    member->user = answer->user[0] == '\0' ? NULL : strdup(answer->user);
    return answer->user[0] == '\0' || member->user != NULL;
}

static void member_judge_address(struct fsz_zmtp_member *member, const char *status)
{
    if (strcmp(status, "300") == 0) {
        fsz_conn_end(member->conn, FSZ_ZMTP_END_REFUSED);
    } else {
        fsz_conn_begin(member->conn, strcmp(status, "200") == 0 ? NULL : status);
    }
}

void fsz_zmtp_socket_judge(struct fsz_zmtp_member *member, enum fsz_admission_stage stage,
                           const struct fsz_admission_answer *answer)
{
    fsz_loop_cancel_timer(member->socket->loop, &member->access);
    if (stage == FSZ_ADMISSION_ADDRESS) {
        member_judge_address(member, answer->status);
    } else if (strcmp(answer->status, "200") == 0 && !member_take_identity(member, answer)) {
        fsz_conn_end(member->conn, FSZ_ZMTP_END_MEMORY);
    } else {
        fsz_conn_judge(member->conn, answer->status);
    }
}

static void member_ready(void *self, struct fsz_conn *conn)
{
    struct fsz_zmtp_socket *socket = self;
    struct fsz_zmtp_member *member = fsz_conn_owner(conn);
    member->ready = true;
    socket->totals.ready++;
    socket->totals.ready_now++;
    if (member->endpoint != NULL) {
        fsz_dialer_stands(member->endpoint->dialer);
    }
    if (socket->handler->ready != NULL) {
        socket->handler->ready(socket->self, conn);
    }
}

static void member_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    const struct fsz_zmtp_socket *socket = self;
    if (socket->handler->message != NULL) {
        socket->handler->message(socket->self, conn, frames);
    }
}

static void member_subscription(void *self, struct fsz_conn *conn, bool subscribe,
                                const uint8_t *prefix, size_t size)
{
    const struct fsz_zmtp_socket *socket = self;
    if (socket->handler->subscription != NULL) {
        socket->handler->subscription(socket->self, conn, subscribe, prefix, size);
    }
}

static void member_drained(void *self, struct fsz_conn *conn)
{
    const struct fsz_zmtp_socket *socket = self;
    if (socket->handler->drained != NULL) {
        socket->handler->drained(socket->self, conn);
    }
}

static void member_unlist(struct fsz_zmtp_member *member)
{
    struct fsz_zmtp_socket *socket = member->socket;
    for (struct fsz_zmtp_walk *walk = socket->walks; walk != NULL; walk = walk->outer) {
        if (walk->next == member) {
            walk->next = member->hh.next;
        }
    }
    if (member->hh.tbl != NULL) {
        HASH_DEL(socket->members, member);
    }
}

/* Updates all state of the socket before it calls the handler, which may close the socket. */
static void member_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_zmtp_socket *socket = self;
    struct fsz_zmtp_member *member = fsz_conn_owner(conn);
    fsz_loop_cancel_timer(socket->loop, &member->access);
    member_unlist(member);
    fsz_zmtp_socket_uncount(socket, &member->origin);
    fsz_zmtp_socket_add_figures(&socket->totals, conn);
    socket->totals.endings[ending]++;
    socket->totals.handshakes_failed += !member->ready;
    socket->totals.ready_now -= member->ready;
    if (member->endpoint != NULL) {
        member->endpoint->conn = NULL;
        fsz_dialer_again(member->endpoint->dialer);
        member->endpoint = NULL;
    }
    if (socket->handler->ended != NULL) {
        socket->handler->ended(socket->self, conn, ending);
    }
    fsz_zmtp_socket_settle(socket);
    fsz_conn_unref(&member->conn); /* this may free the member, and the socket with it */
}

const struct fsz_conn_handler fsz_zmtp_socket_conn_handler = {
    .asks = member_asks,
    .ready = member_ready,
    .message = member_message,
    .subscription = member_subscription,
    .drained = member_drained,
    .ended = member_ended,
    .freed = member_free,
};

static void members_walk_from(struct fsz_zmtp_socket *socket, struct fsz_zmtp_member *first,
                              bool (*look)(void *argument, struct fsz_zmtp_member *member),
                              void *argument)
{
    struct fsz_zmtp_walk walk = {.next = first, .outer = socket->walks};
    bool                 more = true;
    fsz_zmtp_socket_ref(socket);
    socket->walks = &walk;
    while (more && walk.next != NULL) {
        struct fsz_zmtp_member *member = walk.next;
        struct fsz_conn        *conn = fsz_conn_ref(member->conn);
        walk.next = member->hh.next;
        more = look(argument, member);
        fsz_conn_unref(&conn);
    }
    socket->walks = walk.outer;
    fsz_zmtp_socket_unref(socket);
}

void fsz_zmtp_socket_walk(struct fsz_zmtp_socket *socket,
                          bool (*look)(void *argument, struct fsz_zmtp_member *member),
                          void *argument)
{
    members_walk_from(socket, socket->members, look, argument);
}

struct ready_look {
    bool (*look)(void *argument, struct fsz_conn *conn);
    void *argument;
};

static bool member_look(void *argument, struct fsz_zmtp_member *member)
{
    const struct ready_look *ready = argument;
    return !member->ready || ready->look(ready->argument, member->conn);
}

void fsz_zmtp_socket_each(struct fsz_zmtp_socket *socket,
                          bool (*look)(void *argument, struct fsz_conn *conn), void *argument)
{
    struct ready_look ready = {.look = look, .argument = argument};
    fsz_zmtp_socket_walk(socket, member_look, &ready);
}

/* Members are in the order of their arrival, which is that of their ids. */
static struct fsz_zmtp_member *members_after(struct fsz_zmtp_socket *socket, uint64_t id)
{
    struct fsz_zmtp_member *member = NULL;
    HASH_FIND(hh, socket->members, &id, sizeof(id), member);
    if (member != NULL) {
        return member->hh.next;
    }
    member = socket->members;
    while (member != NULL && member->id <= id) {
        member = member->hh.next;
    }
    return member;
}

void fsz_zmtp_socket_each_after(struct fsz_zmtp_socket *socket, uint64_t                   id,
                                bool (*look)(void *argument, struct fsz_conn *conn), void *argument)
{
    struct ready_look ready = {.look = look, .argument = argument};
    members_walk_from(socket, members_after(socket, id), member_look, &ready);
}

struct fsz_conn *fsz_zmtp_socket_find(struct fsz_zmtp_socket *socket, uint64_t id)
{
    struct fsz_zmtp_member *member;
    HASH_FIND(hh, socket->members, &id, sizeof(id), member);
    return member != NULL && member->ready ? member->conn : NULL;
}

struct fsz_zmtp_identity fsz_zmtp_socket_identity(const struct fsz_conn *conn)
{
    const struct fsz_zmtp_member *member = fsz_conn_owner(conn);
    return (struct fsz_zmtp_identity){
        .user = member->user != NULL ? member->user : "",
        .tag = member->tag,
    };
}
