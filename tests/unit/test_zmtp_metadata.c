/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LIST_BYTES = 16384 };

static struct fsz_buffer list;

static int list_begin(void **state)
{
    (void)state;
    fsz_buffer_init(&list, LIST_BYTES);
    return 0;
}

static int list_end(void **state)
{
    (void)state;
    fsz_buffer_fini(&list);
    return 0;
}

static fsz_err list_read(struct fsz_metadata *ret_metadata)
{
    return fsz_metadata_read(list.data, list.size, ret_metadata);
}

static void put(const char *name, const void *value, size_t size)
{
    fsz_metadata_append(&list, name, value, size);
    assert_int_equal(list.failed, FSZ_OK);
}

static void test_properties_of_libzmq_are_read(void **state)
{
    (void)state;
    static const char   bytes[] = "\x0BSocket-Type\0\0\0\6DEALER"
                                  "\x08Identity\0\0\0\3abc"
                                  "\x06X-More\0\0\0\1y";
    struct fsz_metadata metadata;
    assert_int_equal(fsz_metadata_read((const uint8_t *)bytes, sizeof(bytes) - 1, &metadata),
                     FSZ_OK);
    assert_true(metadata.has_type);
    assert_int_equal(metadata.type, FSZ_ZMTP_DEALER);
    assert_int_equal(metadata.routing_id_size, 3);
    assert_memory_equal(metadata.routing_id, "abc", 3);
    put("Socket-Type", "DEALER", 6);
    put("Identity", "abc", 3);
    put("X-More", "y", 1);
    assert_int_equal(list.size, sizeof(bytes) - 1);
    assert_memory_equal(list.data, bytes, list.size);
}

static void test_case_of_names_does_not_matter_but_that_of_types_does(void **state)
{
    (void)state;
    struct fsz_metadata metadata;
    put("sOCKET-tYPE", "SUB", 3);
    put("IDENTITY", "\xFF\0", 2);
    assert_int_equal(list_read(&metadata), FSZ_OK);
    assert_int_equal(metadata.type, FSZ_ZMTP_SUB);
    assert_int_equal(metadata.routing_id_size, 2);
    list.size = 0;
    put("Socket-Type", "sub", 3);
    assert_int_equal(list_read(&metadata), FSZ_ENOTFOUND);
}

static void test_no_properties_have_no_type(void **state)
{
    (void)state;
    struct fsz_metadata metadata;
    assert_int_equal(fsz_metadata_read(NULL, 0, &metadata), FSZ_OK);
    assert_false(metadata.has_type);
    assert_int_equal(metadata.routing_id_size, 0);
}

static void test_every_cut_of_a_list_is_refused_or_whole(void **state)
{
    (void)state;
    put("Socket-Type", "ROUTER", 6);
    size_t first = list.size;
    put("Identity", "abc", 3);
    for (size_t size = 1; size < list.size; size++) {
        struct fsz_metadata metadata = {.routing_id_size = 99};
        fsz_err             err = fsz_metadata_read(list.data, size, &metadata);
        assert_int_equal(err, size == first ? FSZ_OK : FSZ_EINVALID);
        assert_int_equal(metadata.routing_id_size, size == first ? 0 : 99);
    }
}

static void test_lengths_beyond_the_end_are_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {"\x01xz\xFF\xFF\xFF\xFF", "\x01xz\x80\0\0\0",
                                        "\x01xz\0\0\0\1", "\xFFxz\0\0\0\0", "\0z\0\0\0\0"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct fsz_metadata metadata;
        assert_int_equal(fsz_metadata_read((const uint8_t *)lists[i], 6, &metadata), FSZ_EINVALID);
    }
}

static void test_routing_id_that_is_reserved_or_too_long_is_refused(void **state)
{
    (void)state;
    uint8_t             id[256];
    struct fsz_metadata metadata;
    memset(id, 'i', sizeof(id));
    put("Identity", id, 255);
    assert_int_equal(list_read(&metadata), FSZ_OK);
    assert_int_equal(metadata.routing_id_size, 255);
    list.size = 0;
    put("Identity", id, 256);
    assert_int_equal(list_read(&metadata), FSZ_EINVALID);
    list.size = 0;
    put("Identity", "\0a", 2);
    assert_int_equal(list_read(&metadata), FSZ_EINVALID);
}

static void test_known_property_that_comes_twice_is_refused(void **state)
{
    (void)state;
    struct fsz_metadata metadata;
    put("Socket-Type", "SUB", 3);
    put("socket-type", "SUB", 3);
    assert_int_equal(list_read(&metadata), FSZ_EINVALID);
    list.size = 0;
    put("Identity", "a", 1);
    put("Identity", "b", 1);
    assert_int_equal(list_read(&metadata), FSZ_EINVALID);
}

static void test_properties_and_bytes_are_bounded(void **state)
{
    (void)state;
    static const char   value[FSZ_METADATA_BYTES_MAX] = "";
    struct fsz_metadata metadata;
    for (int i = 0; i < FSZ_METADATA_PROPERTIES_MAX; i++) {
        put("X", "", 0);
    }
    assert_int_equal(list_read(&metadata), FSZ_OK);
    put("X", "", 0);
    assert_int_equal(list_read(&metadata), FSZ_ELIMIT);
    list.size = 0;
    put("X", value, FSZ_METADATA_BYTES_MAX - 6);
    assert_int_equal(list_read(&metadata), FSZ_OK);
    list.size = 0;
    put("X", value, FSZ_METADATA_BYTES_MAX - 5);
    assert_int_equal(list_read(&metadata), FSZ_ELIMIT);
}

#define LIST_TEST(name) cmocka_unit_test_setup_teardown(name, list_begin, list_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIST_TEST(test_properties_of_libzmq_are_read),
        LIST_TEST(test_case_of_names_does_not_matter_but_that_of_types_does),
        LIST_TEST(test_no_properties_have_no_type),
        LIST_TEST(test_every_cut_of_a_list_is_refused_or_whole),
        LIST_TEST(test_lengths_beyond_the_end_are_refused),
        LIST_TEST(test_routing_id_that_is_reserved_or_too_long_is_refused),
        LIST_TEST(test_known_property_that_comes_twice_is_refused),
        LIST_TEST(test_properties_and_bytes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
