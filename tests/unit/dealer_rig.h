/* SPDX-License-Identifier: MPL-2.0 */
/* dealer_rig.h - one of our dealers, what it reported, and a libzmq ROUTER. */
#ifndef DEALER_RIG_H
#define DEALER_RIG_H

#include "zmtp/dealer.h"

#include "zmtp_rig.h"

/* A dealer and what it has reported, in order. */
struct dealer_rig {
    struct rig           rig; /* its loop, libzmq context and defaults; its socket is the peer */
    struct fsz_dealer   *dealer;
    char                 endpoint[FSZ_ADDRESS_TEXT_BYTES];
    size_t               ups, messages, downs, fails;
    char                 order[64]; /* one letter for each report */
    char                 last[64];
    enum fsz_zmtp_ending ending;
    void (*then)(struct dealer_rig *d); /* called in the next report */
};

static void dealer_note(struct dealer_rig *d, char what)
{
    size_t size = strlen(d->order);
    if (size + 1 < sizeof(d->order)) {
        d->order[size] = what;
    }
    if (d->then != NULL) {
        void (*then)(struct dealer_rig *) = d->then;
        d->then = NULL;
        then(d);
    }
}

static void on_up(void *self, struct fsz_conn *conn)
{
    struct dealer_rig *d = self;
    assert_ptr_equal(fsz_dealer_conn(d->dealer), conn);
    d->ups++;
    dealer_note(d, 'u');
}

static void on_message(void *self, const struct fsz_frames *frames)
{
    struct dealer_rig      *d = self;
    const struct fsz_frame *last = &frames->frames[frames->count - 1];
    d->messages++;
    snprintf(d->last, sizeof(d->last), "%.*s", (int)last->size, (const char *)last->data);
    dealer_note(d, 'm');
}

static void on_down(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct dealer_rig *d = self;
    assert_true(fsz_conn_is_ready(conn));
    assert_null(fsz_dealer_conn(d->dealer));
    d->downs++;
    d->ending = ending;
    dealer_note(d, 'd');
}

static void on_failed(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct dealer_rig *d = self;
    assert_non_null(fsz_conn_facts(conn));
    d->fails++;
    d->ending = ending;
    dealer_note(d, 'f');
}

static const struct fsz_dealer_handler dealer_handler = {on_up, on_message, on_down, on_failed};

static void dealer_rig_open(struct dealer_rig *d)
{
    memset(d, 0, sizeof(*d));
    d->rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&d->rig, NULL);
}

static struct fsz_zmtp_options dealer_options(struct dealer_rig *d)
{
    struct fsz_zmtp_options options = d->rig.options;
    options.mechanism.type = FSZ_ZMTP_DEALER;
    options.mechanism.as_server = false;
    return options;
}

static fsz_err dealer_try(struct dealer_rig *d, const struct fsz_zmtp_options *options,
                          char why[FSZ_ADDRESS_WHY_BYTES])
{
    const struct fsz_dealer_config config = {
        .endpoint = d->endpoint,
        .options = options,
        .limits = &d->rig.limits,
        .handler = &dealer_handler,
        .self = d,
    };
    return fsz_dealer_new(d->rig.loop, &config, &d->dealer, why);
}

static void dealer_open(struct dealer_rig *d, const struct fsz_zmtp_options *options)
{
    char why[FSZ_ADDRESS_WHY_BYTES] = "";
    if (dealer_try(d, options, why) != FSZ_OK) {
        fail_msg("%s", why);
    }
}

static void dealer_rig_end(struct dealer_rig *d)
{
    fsz_dealer_free(&d->dealer);
    rig_end(&d->rig);
}

/* Connects the dealer. Returns libzmq's ROUTER, which replies when the test says so. */
static void *dealer_pair(struct dealer_rig *d)
{
    dealer_rig_open(d);
    server_choose(d->endpoint);
    void                   *router = server_start(&d->rig, d->endpoint);
    struct fsz_zmtp_options options = dealer_options(d);
    dealer_open(d, &options);
    RIG_UNTIL(&d->rig, d->ups == 1);
    return router;
}

static fsz_err dealer_say(struct fsz_dealer *dealer, const char *text)
{
    const struct fsz_frame   frame = {.data = (const uint8_t *)text, .size = strlen(text)};
    struct fsz_zmtp_message *message;
    assert_int_equal(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_HIGH, &message), FSZ_OK);
    fsz_err err = fsz_dealer_send(dealer, message);
    fsz_zmtp_message_unref(message);
    return err;
}

/* Receives a request and replies. */
static void router_serve(struct dealer_rig *d, void *router, const char *request,
                         const char *answer)
{
    char name[256];
    int  size = -1;
    RIG_UNTIL(&d->rig, (size = zmq_recv(router, name, sizeof(name), ZMQ_DONTWAIT)) >= 0);
    peer_expect(&d->rig, router, request);
    assert_int_equal(zmq_send(router, name, (size_t)size, ZMQ_SNDMORE), size);
    peer_say(router, answer);
}

#endif
