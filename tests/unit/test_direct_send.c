/* SPDX-License-Identifier: MPL-2.0 */
/* An offer that the switch thread sends, and that the API thread finds void before or after it is
 * written.
 *
 * The mailbox is closed, so a mail is opened when it is posted: before the offer is written. */
#include "call/control_private.h"
#include "service/direct_send.h"

#include "zmtp_conn_rig.h"

#include <stdio.h>

struct side {
    struct rig                 rig;
    struct fsz_mailbox        *mailbox;
    struct fsz_service_client *service_client;
    struct fsz_account        *account;
    struct fsz_direct_service  service;
    struct fsz_direct_provider provider;
    struct fsz_control        *control;
};

static struct fsz_service_request *adopted; /* a reference */

static void open_void(struct fsz_mail *mail, void *reader)
{
    struct fsz_service_request *request = (struct fsz_service_request *)(void *)mail;
    (void)reader;
    fsz_direct_settle(request);
    fsz_service_request_end(request, FSZ_ENOTFOUND);
    fsz_service_request_unref(&request);
}

static void open_kept(struct fsz_mail *mail, void *reader)
{
    (void)reader;
    adopted = (struct fsz_service_request *)(void *)mail;
    fsz_service_request_end(adopted, FSZ_ENOTFOUND);
}

/* A provider of the service "s"; the test has the other end of its connection. */
static void side_init(struct side *side, void (*open)(struct fsz_mail *mail, void *reader))
{
    static const struct fsz_host           host = {.name = "test"};
    const struct fsz_service_client_reader reader = {.ask = open};
    const struct fsz_direct_limits         limits = {.requests_max = 10,
                                                     .requests_bytes = 1000,
                                                     .calls_max = 10,
                                                     .deadline_ms = RIG_WAIT_MS,
                                                     .attempt_ms = RIG_WAIT_MS};
    memset(side, 0, sizeof(*side));
    rig_router(&side->rig);
    rig_shake_dealer(&side->rig);
    assert_int_equal(fsz_mailbox_new(&side->mailbox), FSZ_OK);
    fsz_mailbox_close(side->mailbox);
    assert_int_equal(fsz_service_client_new(side->mailbox, &reader, &side->service_client), FSZ_OK);
    assert_int_equal(fsz_account_new(NULL, &side->account), FSZ_OK);
    assert_int_equal(fsz_control_new(&host, "c1", &side->control), FSZ_OK);
    const struct fsz_direct_view view = {
        .up = true, .sections = UINT32_MAX, .conn = side->rig.conn, .account = side->account};
    struct fsz_direct *direct = fsz_service_client_direct(side->service_client);
    fsz_direct_add_service(direct, &side->service, "s");
    fsz_direct_limit(direct, &side->service, &limits);
    fsz_direct_add_provider(direct, &side->service, &side->provider, 1);
    side->provider.capacity = 1;
    fsz_direct_show(direct, &side->provider, &view);
}

static void side_offer(struct side *side)
{
    const struct fsz_request_spec ask = {.service = "s",
                                         .method = "call.offer",
                                         .params = "{}",
                                         .params_bytes = 2,
                                         .call = side->control ? &side->control->offered : NULL};
    struct fsz_reply              reply;
    assert_int_equal(fsz_service_client_ask(side->service_client, &ask, &reply), FSZ_ENOTFOUND);
}

static void side_expect(struct side *side, const char *text)
{
    const uint8_t head[] = {0, (uint8_t)strlen(text)};
    rig_expect(&side->rig, head, sizeof(head));
    rig_expect(&side->rig, text, strlen(text));
}

static void side_expect_both(struct side *side)
{
    side_expect(side, "{\"jsonrpc\":\"2.0\",\"method\":\"call.offer\",\"id\":1,\"params\":{}}");
    side_expect(side, "{\"jsonrpc\":\"2.0\",\"method\":\"call.cancel\",\"params\":"
                      "{\"call\":\"c1\",\"lease\":1}}");
}

/* Nothing that was sent is left. */
static void side_fini(struct side *side)
{
    struct fsz_direct *direct = fsz_service_client_direct(side->service_client);
    fsz_direct_remove_provider(direct, &side->provider);
    fsz_direct_remove_service(direct, &side->service);
    assert_int_equal(fsz_account_bytes(side->account), 0);
    fsz_account_unref(&side->account);
    fsz_control_unref(&side->control);
    fsz_service_client_unref(&side->service_client);
    fsz_mailbox_unref(&side->mailbox);
    rig_fini(&side->rig);
}

static void test_offer_that_is_void_before_it_is_written_is_cancelled_behind_it(void **state)
{
    (void)state;
    struct side side;
    side_init(&side, open_void);
    side_offer(&side);
    side_expect_both(&side);
    side_fini(&side);
}

static void test_offer_that_is_void_after_it_was_written_is_cancelled_once(void **state)
{
    (void)state;
    struct side side;
    side_init(&side, open_kept);
    side_offer(&side);
    assert_non_null(adopted);
    fsz_direct_settle(adopted);
    side_expect_both(&side);
    fsz_service_request_unref(&adopted);
    side_fini(&side);
}

static void test_service_is_retired_only_while_nobody_asks_it(void **state)
{
    (void)state;
    struct side                  side;
    struct fsz_direct_ticket     ticket;
    const struct fsz_direct_want want = {.service = "s", .section = FSZ_DIRECT_NO_SECTION};
    side_init(&side, open_void);
    struct fsz_direct *direct = fsz_service_client_direct(side.service_client);
    assert_true(fsz_direct_take(direct, &want, &ticket));
    assert_false(fsz_direct_retire_service(direct, &side.service));
    fsz_direct_view_fini(&ticket.view);
    fsz_direct_release(direct, &side.provider);
    fsz_direct_close(direct, &side.service, 0);
    assert_true(fsz_direct_retire_service(direct, &side.service));
    assert_false(fsz_direct_take(direct, &want, &ticket));
    side_fini(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer_that_is_void_before_it_is_written_is_cancelled_behind_it),
        cmocka_unit_test(test_offer_that_is_void_after_it_was_written_is_cancelled_once),
        cmocka_unit_test(test_service_is_retired_only_while_nobody_asks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
