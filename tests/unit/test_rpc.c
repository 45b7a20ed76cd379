/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct fsz_rpc_limits limits = {.bytes = 1 << 20, .depth = 8, .batch = 10};

/* ---- the specification's examples (section 7), against a server of its methods ----------------
 */

static json_t *method_subtract(const json_t *params)
{
    const json_t *first = json_object_get(params, "minuend");
    const json_t *second = json_object_get(params, "subtrahend");
    if (json_is_array(params)) {
        first = json_array_get(params, 0);
        second = json_array_get(params, 1);
    }
    return json_integer(json_integer_value(first) - json_integer_value(second));
}

static json_t *method_sum(const json_t *params)
{
    json_int_t sum = 0;
    for (size_t i = 0; i < json_array_size(params); i++) {
        sum += json_integer_value(json_array_get(params, i));
    }
    return json_integer(sum);
}

/* NULL: no such method. */
static json_t *method_call(const struct fsz_rpc_request *request)
{
    if (strcmp(request->method, "subtract") == 0) {
        return method_subtract(request->params);
    }
    if (strcmp(request->method, "sum") == 0) {
        return method_sum(request->params);
    }
    if (strcmp(request->method, "get_data") == 0) {
        return json_pack("[s, i]", "hello", 5);
    }
    return NULL;
}

static void answer_request(const struct fsz_rpc_request *request, struct fsz_buffer *out)
{
    json_t *result = request->error == NULL ? method_call(request) : NULL;
    json_t *error = json_incref(request->error);
    if (error == NULL && result == NULL) {
        error = fsz_rpc_error(FSZ_RPC_NO_METHOD, NULL, NULL);
    }
    if (request->error != NULL || request->id != NULL) {
        fsz_buffer_text(out, out->size > 0 ? "," : "");
        assert_int_equal(fsz_rpc_write_answer(out, request->id, result, error), FSZ_OK);
    }
    json_decref(result);
    json_decref(error);
}

/* The reply as JSON, or NULL: no reply. */
static json_t *serve_bytes(const char *bytes, size_t size)
{
    struct fsz_rpc_message message;
    struct fsz_buffer      answers, whole;
    fsz_buffer_init(&answers, 1 << 20);
    fsz_buffer_init(&whole, 1 << 20);
    assert_int_equal(fsz_rpc_read(bytes, size, &limits, &message), FSZ_OK);
    for (size_t i = 0; i < message.count; i++) {
        answer_request(&message.requests[i], &answers);
    }
    json_t *answer = NULL;
    if (answers.size > 0) {
        fsz_buffer_printf(&whole, message.batch ? "[%s]" : "%s", fsz_buffer_string(&answers));
        answer = json_loads(fsz_buffer_string(&whole), JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(answer);
    }
    fsz_rpc_message_fini(&message);
    fsz_buffer_fini(&answers);
    fsz_buffer_fini(&whole);
    return answer;
}

static void forget_data(json_t *answer)
{
    json_object_del(json_object_get(answer, "error"), "data");
    for (size_t i = 0; i < json_array_size(answer); i++) {
        json_object_del(json_object_get(json_array_get(answer, i), "error"), "data");
    }
}

/* A reply as in the specification, apart from our `data`; "": no reply. */
static void assert_served(const char *message, const char *wanted)
{
    json_t *answer = serve_bytes(message, strlen(message));
    json_t *expected = json_loads(wanted, 0, NULL);
    forget_data(answer);
    if (!json_equal(answer, expected) && answer != expected) {
        char *text = answer != NULL ? json_dumps(answer, 0) : NULL;
        print_error("%s\nanswered: %s\nwanted: %s\n", message, text, wanted);
        free(text);
        fail();
    }
    json_decref(answer);
    json_decref(expected);
}

#define PARSE_ERROR                                                                                \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"Parse error\"},\"id\":null}"
#define INVALID                                                                                    \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":\"Invalid "                       \
    "Request\"},\"id\":null}"
#define NO_METHOD(id)                                                                              \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"Method not found\"},\"id\":" id \
    "}"
#define RESULT(result, id) "{\"jsonrpc\":\"2.0\",\"result\":" result ",\"id\":" id "}"

static void test_rpc_answers_calls_with_positional_parameters(void **state)
{
    (void)state;
    assert_served(
        "{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": [42, 23], \"id\": 1}",
        RESULT("19", "1"));
    assert_served(
        "{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": [23, 42], \"id\": 2}",
        RESULT("-19", "2"));
}

static void test_rpc_answers_calls_with_named_parameters(void **state)
{
    (void)state;
    assert_served(
        "{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"subtrahend\": 23, "
        "\"minuend\": 42}, \"id\": 3}",
        RESULT("19", "3"));
    assert_served("{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": {\"minuend\": 42, "
                  "\"subtrahend\": 23}, \"id\": 4}",
                  RESULT("19", "4"));
}

static void test_rpc_answers_no_notification(void **state)
{
    (void)state;
    assert_served("{\"jsonrpc\": \"2.0\", \"method\": \"update\", \"params\": [1,2,3,4,5]}", "");
    assert_served("{\"jsonrpc\": \"2.0\", \"method\": \"foobar\"}", "");
}

static void test_rpc_answers_an_unknown_method(void **state)
{
    (void)state;
    assert_served("{\"jsonrpc\": \"2.0\", \"method\": \"foobar\", \"id\": \"1\"}",
                  NO_METHOD("\"1\""));
}

static void test_rpc_answers_invalid_json(void **state)
{
    (void)state;
    assert_served("{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]",
                  PARSE_ERROR);
    assert_served(
        "[{\"jsonrpc\": \"2.0\", \"method\": \"sum\", \"params\": [1,2,4], \"id\": \"1\"},"
        "{\"jsonrpc\": \"2.0\", \"method\"]",
        PARSE_ERROR);
}

static void test_rpc_answers_an_invalid_request(void **state)
{
    (void)state;
    assert_served("{\"jsonrpc\": \"2.0\", \"method\": 1, \"params\": \"bar\"}", INVALID);
    assert_served("[]", INVALID);
    assert_served("[1]", "[" INVALID "]");
    assert_served("[1,2,3]", "[" INVALID "," INVALID "," INVALID "]");
}

static void test_rpc_answers_batches(void **state)
{
    (void)state;
    assert_served(
        "[{\"jsonrpc\": \"2.0\", \"method\": \"sum\", \"params\": [1,2,4], \"id\": \"1\"},"
        "{\"jsonrpc\": \"2.0\", \"method\": \"notify_hello\", \"params\": [7]},"
        "{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": [42,23], \"id\": \"2\"},"
        "{\"foo\": \"boo\"},"
        "{\"jsonrpc\": \"2.0\", \"method\": \"foo.get\", \"params\": {\"name\": \"myself\"}, "
        "\"id\": \"5\"},"
        "{\"jsonrpc\": \"2.0\", \"method\": \"get_data\", \"id\": \"9\"}]",
        "[" RESULT("7", "\"1\"") "," RESULT("19", "\"2\"") "," INVALID "," NO_METHOD(
            "\"5\"") "," RESULT("[\"hello\",5]", "\"9\"") "]");
    assert_served("[{\"jsonrpc\": \"2.0\", \"method\": \"notify_sum\", \"params\": [1,2,4]},"
                  "{\"jsonrpc\": \"2.0\", \"method\": \"notify_hello\", \"params\": [7]}]",
                  "");
}

/* ---- beyond the examples ----------------------------------------------------------------------
 */

static void test_rpc_checks_the_types_of_members(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\"text\"",
        "null",
        "{}",
        "{\"method\":\"sum\"}",
        "{\"jsonrpc\":2.0,\"method\":\"sum\"}",
        "{\"jsonrpc\":\"1.0\",\"method\":\"sum\"}",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":null}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"params\":null}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"params\":7}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"id\":true}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"id\":[1]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"id\":{}}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_served(wrong[i], INVALID);
    }
}

static void test_rpc_ignores_members_it_does_not_know(void **state)
{
    (void)state;
    assert_served("{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"params\":[1],\"id\":1,\"trace\":{}}",
                  RESULT("1", "1"));
}

static void test_rpc_error_has_the_id_if_it_is_readable(void **state)
{
    (void)state;
    json_t *answer = serve_bytes("{\"id\":77,\"method\":\"sum\"}", 24);
    assert_int_equal(json_integer_value(json_object_get(answer, "id")), 77);
    json_decref(answer);
}

static void test_rpc_echoes_ids_as_they_came(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "null",
        "0",
        "-1",
        "9007199254740993",
        "-9223372036854775808",
        "9223372036854775807",
        "0.1",
        "-2.5",
        "1e300",
        "\"\"",
        "\"\\u00e4\\n\"",
        "0.30000000000000004",
        "1.0",
        "\"1\"",
        "5e-324",
        "\"null\"",
    };
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char    message[200];
        json_t *id = json_loads(ids[i], JSON_DECODE_ANY, NULL);
        int     size = snprintf(message, sizeof(message),
                                "{\"jsonrpc\":\"2.0\",\"method\":\"get_data\",\"id\":%s}", ids[i]);
        json_t *answer = serve_bytes(message, (size_t)size);
        assert_true(json_equal(json_object_get(answer, "id"), id));
        json_decref(answer);
        json_decref(id);
    }
}

static void test_rpc_writes_fractions_with_as_few_digits_as_do(void **state)
{
    (void)state;
    struct fsz_buffer out;
    json_t           *id = json_real(0.1);
    json_t           *result = json_object();
    fsz_buffer_init(&out, 1000);
    assert_int_equal(fsz_rpc_write_answer(&out, id, result, NULL), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&out), "{\"jsonrpc\":\"2.0\",\"id\":0.1,\"result\":{}}");
    json_decref(id);
    json_decref(result);
    fsz_buffer_fini(&out);
}

/* The error of the reply has this `reason` and `byte`; -1: no byte. */
static void assert_refused(const char *message, size_t size, int code, const char *reason, int byte)
{
    json_t     *answer = serve_bytes(message, size);
    json_t     *error = json_object_get(answer, "error");
    json_t     *data = json_object_get(error, "data");
    json_t     *where = json_object_get(data, "byte");
    const char *said = json_string_value(json_object_get(data, "reason"));
    assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
    assert_true(json_is_null(json_object_get(answer, "id")));
    assert_non_null(said);
    if (strstr(said, reason) == NULL || (where == NULL) != (byte < 0) ||
        (where != NULL && json_integer_value(where) != byte)) {
        print_error("%s: %s at %d\n", message, said, (int)json_integer_value(where));
        fail();
    }
    json_decref(answer);
}

#define REFUSED(message, reason, byte)                                                             \
    assert_refused(message, sizeof(message) - 1, FSZ_RPC_PARSE, reason, byte)

static void test_rpc_says_what_is_wrong_and_where(void **state)
{
    (void)state;
    REFUSED("", "unexpected token", 0);
    REFUSED("{\"a\":1,\"b\":2,\"a\":3}", "duplicate object key near '\"a\"'", 16);
    REFUSED("{\"a\":\"b\0\"}", "control character 0x0", 7);
    REFUSED("{\"a\":\"b\xff\"}", "not UTF-8", 7);
    REFUSED("{\"a\":\"\xc0\xaf\"}", "not UTF-8", 6);         /* overlong */
    REFUSED("{\"a\":\"\xed\xa0\x80\"}", "not UTF-8", 6);     /* a surrogate */
    REFUSED("{\"a\":\"\xf4\x90\x80\x80\"}", "not UTF-8", 6); /* above U+10FFFF */
    REFUSED("{\"a\":\"\\ud800\"}", "invalid Unicode", 13);
    REFUSED("{\"a\":1e999}", "overflow", 10);
    REFUSED("{\"a\":123456789012345678901}", "too big integer", 26);
    REFUSED("{} {}", "end of file expected", 4);
    REFUSED("\xef\xbb\xbf{}", "invalid token", 3); /* no byte order mark */
}

static void assert_nul_refused(const char *message, const char *id)
{
    json_t *answer = serve_bytes(message, strlen(message));
    json_t *wanted = json_loads(id, JSON_DECODE_ANY, NULL);
    json_t *error = json_object_get(answer, "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), FSZ_RPC_INVALID_REQUEST);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(error, "data"), "reason")),
        "\\u0000 in a string");
    assert_true(json_equal(json_object_get(answer, "id"), wanted));
    json_decref(wanted);
    json_decref(answer);
}

static void test_rpc_answers_a_request_with_nul_under_its_id(void **state)
{
    (void)state;
#define NUL_REQUEST(more) "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"," more "}"
    assert_nul_refused(NUL_REQUEST("\"id\":77,\"params\":{\"x\":\"a\\u0000b\"}"), "77");
    assert_nul_refused(NUL_REQUEST("\"params\":[[\"\\u0000\"]],\"id\":\"s\""), "\"s\"");
    assert_nul_refused(NUL_REQUEST("\"params\":{\"a\\u0000\":1},\"id\":1"), "1");
    assert_nul_refused(NUL_REQUEST("\"id\":\"a\\u0000\""), "null");
    assert_nul_refused(NUL_REQUEST("\"params\":[\"\\\\\\u0000\"],\"id\":2"), "2");
    assert_nul_refused("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ec\\u0000ho\"}", "3");
    assert_nul_refused("{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":\"\\u0000\"}", "4");
#undef NUL_REQUEST
}

static void test_rpc_takes_an_escaped_backslash_before_u0000_as_text(void **state)
{
    (void)state;
    struct fsz_rpc_message message;
    const char             text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[\"\\\\u0000\"]}";
    assert_int_equal(fsz_rpc_read(text, sizeof text - 1, &limits, &message), FSZ_OK);
    assert_null(message.requests[0].error);
    assert_string_equal(json_string_value(json_array_get(message.requests[0].params, 0)),
                        "\\u0000");
    fsz_rpc_message_fini(&message);
}

static void test_rpc_runs_the_others_of_a_batch_with_nul(void **state)
{
    (void)state;
    struct fsz_rpc_message message;
    const char             text[] =
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"},"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"m\",\"params\":[\"\\u0000\"]},"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"m\",\"params\":[\"\\\\u0000\"]}]";
    assert_int_equal(fsz_rpc_read(text, sizeof text - 1, &limits, &message), FSZ_OK);
    assert_int_equal(message.count, 3);
    assert_null(message.requests[0].error);
    assert_non_null(message.requests[1].error);
    assert_int_equal(json_integer_value(message.requests[1].id), 2);
    assert_null(message.requests[2].error);
    fsz_rpc_message_fini(&message);
}

static void test_rpc_bounds_nesting_but_not_brackets_in_strings(void **state)
{
    (void)state;
    REFUSED("[[[[[[[[[", "nested deeper than 8 levels", 8);
    REFUSED("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{", "nested deeper than 8 levels", 24);
    assert_served("{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"params\":[[[[[[[]]]]]]],\"id\":1}",
                  RESULT("0", "1"));
    assert_served("{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"params\":[\"[[[[\\\"[[[[[[\\\\\"],"
                  "\"id\":1}",
                  RESULT("0", "1"));
}

static void test_rpc_bounds_batches_as_a_whole(void **state)
{
    (void)state;
    assert_served("[1,1,1,1,1,1,1,1,1,1,1]", INVALID);
    assert_refused("[1,1,1,1,1,1,1,1,1,1,1]", 23, FSZ_RPC_INVALID_REQUEST,
                   "a batch of 11 requests, more than 10", -1);
    assert_refused("[]", 2, FSZ_RPC_INVALID_REQUEST, "an empty batch", -1);
    json_t *answer = serve_bytes("[1,1,1,1,1,1,1,1,1,1]", 21);
    assert_int_equal(json_array_size(answer), 10);
    json_decref(answer);
}

/* A message of `size` bytes: `unit` repeated, in brackets if `list`. */
static char *message_of(const char *unit, size_t size, bool list)
{
    char *message = malloc(size + 1);
    assert_non_null(message);
    for (size_t i = 0; i < size; i++) {
        message[i] = unit[i % strlen(unit)];
    }
    if (list) {
        message[0] = '[';
        message[size - 1] = ']';
    }
    message[size] = '\0';
    return message;
}

static void test_rpc_bounds_bytes(void **state)
{
    (void)state;
    char *message = message_of(" ", limits.bytes + 1, true);
    assert_refused(message, limits.bytes + 1, FSZ_RPC_PARSE, "larger than 1048576 bytes", 1048576);
    assert_refused(message, limits.bytes, FSZ_RPC_PARSE, "']' expected", 1048576);
    free(message);
}

static void test_rpc_bounds_the_memory_that_a_message_can_take(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        int         byte; /* of the first value over the limit; the first bracket counts too */
    } cases[] = {{" {},", 65536 * 4 - 3},
                 {" [],", 65536 * 4 - 3},
                 {" 1,", 65536 * 3 - 2},
                 {" \"\",", 65536 * 4 - 3},
                 {" {\"\":1},", 65536 / 3 * 8 + 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *message = message_of(cases[i].unit, limits.bytes, true);
        assert_refused(message, limits.bytes, FSZ_RPC_PARSE, "more than 65536 values and names",
                       cases[i].byte);
        free(message);
    }
}

/* ---- text --------------------------------------------------------------------------------------
 */

static void assert_text(const char *bytes, size_t size, const char *wanted)
{
    json_t *text = fsz_rpc_text(bytes, size);
    assert_non_null(text);
    assert_int_equal(json_string_length(text), strlen(wanted));
    assert_string_equal(json_string_value(text), wanted);
    json_decref(text);
}

static void test_rpc_text_is_valid_whatever_it_is_made_of(void **state)
{
    (void)state;
    assert_text(NULL, 0, "");
    assert_text("+OK\n\"\x01", 6, "+OK\n\"\x01");
    assert_text("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
    assert_text("a\xff\xfe"
                "b",
                4,
                "a\xef\xbf\xbd\xef\xbf\xbd"
                "b");
    assert_text("\0a\0", 3,
                "\xef\xbf\xbd"
                "a\xef\xbf\xbd");
    assert_text("\xe2\x82\0", 3, "\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_rpc_error_has_the_codes_text_or_another(void **state)
{
    (void)state;
    json_t *plain = fsz_rpc_error(FSZ_RPC_OVERLOADED, NULL, NULL);
    json_t *told = fsz_rpc_error(FSZ_RPC_REFUSED, "no\xff", json_string("-ERR"));
    json_t *plain_wanted = json_pack("{s:i, s:s}", "code", -32002, "message", "Overloaded");
    json_t *told_wanted =
        json_pack("{s:i, s:s, s:s}", "code", -32005, "message", "no\xef\xbf\xbd", "data", "-ERR");
    assert_true(json_equal(plain, plain_wanted));
    assert_true(json_equal(told, told_wanted));
    json_decref(plain);
    json_decref(told);
    json_decref(plain_wanted);
    json_decref(told_wanted);
}

/* ---- writing -----------------------------------------------------------------------------------
 */

static void test_rpc_writes_notifications(void **state)
{
    (void)state;
    struct fsz_buffer out;
    json_t           *params = json_pack("{s:s}", "job", "1");
    fsz_buffer_init(&out, 1000);
    assert_int_equal(fsz_rpc_write_notification(&out, "job.done", params), FSZ_OK);
    assert_int_equal(fsz_rpc_write_notification(&out, "bye", NULL), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&out),
                        "{\"jsonrpc\":\"2.0\",\"method\":\"job.done\",\"params\":{\"job\":\"1\"}}"
                        "{\"jsonrpc\":\"2.0\",\"method\":\"bye\"}");
    json_decref(params);
    fsz_buffer_fini(&out);
}

static void test_rpc_removes_what_it_cannot_finish(void **state)
{
    (void)state;
    struct fsz_buffer out;
    json_t           *good = json_object();
    json_t           *bad = json_pack("[s, o]", "before", json_string_nocheck("\xff"));
    fsz_buffer_init(&out, 120);
    assert_int_equal(fsz_rpc_write_answer(&out, NULL, good, NULL), FSZ_OK);
    size_t size = out.size;
    assert_int_equal(fsz_rpc_write_answer(&out, NULL, bad, NULL), FSZ_EINVALID);
    assert_int_equal(out.size, size);
    assert_int_equal(fsz_rpc_write_notification(&out, "x", bad), FSZ_EINVALID);
    assert_int_equal(out.size, size);
    json_t *large =
        json_stringn("0123456789012345678901234567890123456789012345678901234567890", 60);
    assert_int_equal(fsz_rpc_write_answer(&out, NULL, large, NULL), FSZ_ELIMIT);
    assert_int_equal(out.size, size);
    assert_int_equal(out.failed, FSZ_ELIMIT);
    json_decref(good);
    json_decref(bad);
    json_decref(large);
    fsz_buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rpc_answers_calls_with_positional_parameters),
        cmocka_unit_test(test_rpc_answers_calls_with_named_parameters),
        cmocka_unit_test(test_rpc_answers_no_notification),
        cmocka_unit_test(test_rpc_answers_an_unknown_method),
        cmocka_unit_test(test_rpc_answers_invalid_json),
        cmocka_unit_test(test_rpc_answers_an_invalid_request),
        cmocka_unit_test(test_rpc_answers_batches),
        cmocka_unit_test(test_rpc_checks_the_types_of_members),
        cmocka_unit_test(test_rpc_ignores_members_it_does_not_know),
        cmocka_unit_test(test_rpc_error_has_the_id_if_it_is_readable),
        cmocka_unit_test(test_rpc_echoes_ids_as_they_came),
        cmocka_unit_test(test_rpc_writes_fractions_with_as_few_digits_as_do),
        cmocka_unit_test(test_rpc_says_what_is_wrong_and_where),
        cmocka_unit_test(test_rpc_answers_a_request_with_nul_under_its_id),
        cmocka_unit_test(test_rpc_takes_an_escaped_backslash_before_u0000_as_text),
        cmocka_unit_test(test_rpc_runs_the_others_of_a_batch_with_nul),
        cmocka_unit_test(test_rpc_bounds_nesting_but_not_brackets_in_strings),
        cmocka_unit_test(test_rpc_bounds_batches_as_a_whole),
        cmocka_unit_test(test_rpc_bounds_bytes),
        cmocka_unit_test(test_rpc_bounds_the_memory_that_a_message_can_take),
        cmocka_unit_test(test_rpc_text_is_valid_whatever_it_is_made_of),
        cmocka_unit_test(test_rpc_error_has_the_codes_text_or_another),
        cmocka_unit_test(test_rpc_writes_notifications),
        cmocka_unit_test(test_rpc_removes_what_it_cannot_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
