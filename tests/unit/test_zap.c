/* Questions of ZAP (RFC 27): which ones are taken. */
#include "zap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

static void put(struct fsz_zap_frames *frames, size_t index, const void *bytes, size_t size)
{
    struct fsz_zap_frame *frame = &frames->frames[index];
    memset(frame->bytes, 0xff, sizeof(frame->bytes));
    memcpy(frame->bytes, bytes, size < sizeof(frame->bytes) ? size : sizeof(frame->bytes));
    frame->size = size;
}

static void put_text(struct fsz_zap_frames *frames, size_t index, const char *text)
{
    put(frames, index, text, strlen(text));
}

static void ask(struct fsz_zap_frames *frames, const char *mechanism, size_t credentials)
{
    frames->count = 6 + credentials;
    put_text(frames, 0, "1.0");
    put_text(frames, 1, "1");
    put_text(frames, 2, "stream \"s\"");
    put_text(frames, 3, "192.0.2.1");
    put(frames, 4, "\0\1\2\3\4", 5);
    put_text(frames, 5, mechanism);
}

static void test_zap_of_null_is_taken(void **state)
{
    struct fsz_zap_frames  frames;
    struct fsz_zap_request request;
    (void)state;
    ask(&frames, "NULL", 0);
    assert_int_equal(fsz_zap_parse(&frames, &request), FSZ_OK);
    assert_int_equal(request.mechanism, FSZ_ZMTP_NULL);
    assert_string_equal(request.domain, "stream \"s\"");
    assert_string_equal(request.address, "192.0.2.1");
    assert_string_equal(request.user, "");
}

static void test_zap_of_plain_is_taken_up_to_255_bytes_each(void **state)
{
    struct fsz_zap_frames  frames;
    struct fsz_zap_request request;
    char                   name[255], password[255];
    (void)state;
    memset(name, 'n', sizeof(name));
    memset(password, 'p', sizeof(password));
    ask(&frames, "PLAIN", 2);
    put(&frames, 6, name, sizeof(name));
    put(&frames, 7, password, sizeof(password));
    assert_int_equal(fsz_zap_parse(&frames, &request), FSZ_OK);
    assert_int_equal(request.mechanism, FSZ_ZMTP_PLAIN);
    assert_int_equal(strlen(request.user), 255);
    assert_memory_equal(request.user, name, 255);
    assert_int_equal(strlen(request.password), 255);
    assert_memory_equal(request.password, password, 255);
    put_text(&frames, 6, "");
    put_text(&frames, 7, "");
    assert_int_equal(fsz_zap_parse(&frames, &request), FSZ_OK);
    assert_string_equal(request.user, "");
    assert_string_equal(request.password, "");
}

static void test_zap_of_curve_has_the_key_as_text(void **state)
{
    struct fsz_zap_frames  frames;
    struct fsz_zap_request request;
    char                   public_key[41], secret_key[41];
    unsigned char          bytes[32];
    (void)state;
    assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
    zmq_z85_decode(bytes, public_key);
    ask(&frames, "CURVE", 1);
    put(&frames, 6, bytes, 32);
    assert_int_equal(fsz_zap_parse(&frames, &request), FSZ_OK);
    assert_int_equal(request.mechanism, FSZ_ZMTP_CURVE);
    assert_string_equal(request.key, public_key);
}

static void test_zap_of_another_mechanism_is_taken_for_that(void **state)
{
    struct fsz_zap_frames  frames;
    struct fsz_zap_request request;
    (void)state;
    ask(&frames, "GSSAPI", 1);
    put_text(&frames, 6, "principal");
    assert_int_equal(fsz_zap_parse(&frames, &request), FSZ_OK);
    assert_int_equal(request.mechanism, FSZ_ZMTP_MECHANISMS);
    ask(&frames, "null", 0);
    assert_int_equal(fsz_zap_parse(&frames, &request), FSZ_OK);
    assert_int_equal(request.mechanism, FSZ_ZMTP_MECHANISMS);
}

static void refuse(const struct fsz_zap_frames *frames)
{
    struct fsz_zap_request request = {.domain = "untouched"};
    assert_int_equal(fsz_zap_parse(frames, &request), FSZ_EINVALID);
    assert_string_equal(request.domain, "untouched");
}

static void test_zap_of_another_version_is_refused(void **state)
{
    struct fsz_zap_frames frames;
    (void)state;
    ask(&frames, "NULL", 0);
    put_text(&frames, 0, "1.1");
    refuse(&frames);
    put_text(&frames, 0, "1.00");
    refuse(&frames);
    put_text(&frames, 0, "");
    refuse(&frames);
}

static void test_zap_with_frames_that_lack_or_are_too_many_is_refused(void **state)
{
    struct fsz_zap_frames frames;
    (void)state;
    ask(&frames, "NULL", 0);
    for (frames.count = 0; frames.count < 6; frames.count++) {
        refuse(&frames);
    }
    ask(&frames, "NULL", 1);
    put_text(&frames, 6, "x");
    refuse(&frames);
    ask(&frames, "PLAIN", 1);
    refuse(&frames);
    ask(&frames, "CURVE", 0);
    refuse(&frames);
    ask(&frames, "GSSAPI", 1);
    frames.count = 1000;
    refuse(&frames);
}

static void test_zap_with_a_frame_of_256_bytes_is_refused(void **state)
{
    struct fsz_zap_frames frames;
    char                  text[256];
    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 1; i < 8; i++) {
        ask(&frames, "PLAIN", 2);
        put_text(&frames, 6, "name");
        put_text(&frames, 7, "password");
        put(&frames, i, text, sizeof(text));
        refuse(&frames);
        frames.frames[i].size = 1U << 30;
        refuse(&frames);
    }
}

static void test_zap_with_a_nul_in_a_text_is_refused(void **state)
{
    static const size_t   texts[] = {2, 3, 6, 7};
    struct fsz_zap_frames frames;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ask(&frames, "PLAIN", 2);
        put_text(&frames, 6, "alice");
        put_text(&frames, 7, "secret");
        put(&frames, texts[i], "alice\0x", 7);
        refuse(&frames);
    }
}

static void test_zap_with_a_key_of_other_than_32_bytes_is_refused(void **state)
{
    struct fsz_zap_frames frames;
    (void)state;
    ask(&frames, "CURVE", 1);
    put(&frames, 6, "0123456789012345678901234567890", 31);
    refuse(&frames);
    put(&frames, 6, "012345678901234567890123456789012", 33);
    refuse(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zap_of_null_is_taken),
        cmocka_unit_test(test_zap_of_plain_is_taken_up_to_255_bytes_each),
        cmocka_unit_test(test_zap_of_curve_has_the_key_as_text),
        cmocka_unit_test(test_zap_of_another_mechanism_is_taken_for_that),
        cmocka_unit_test(test_zap_of_another_version_is_refused),
        cmocka_unit_test(test_zap_with_frames_that_lack_or_are_too_many_is_refused),
        cmocka_unit_test(test_zap_with_a_frame_of_256_bytes_is_refused),
        cmocka_unit_test(test_zap_with_a_nul_in_a_text_is_refused),
        cmocka_unit_test(test_zap_with_a_key_of_other_than_32_bytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
