/* SPDX-License-Identifier: MPL-2.0 */
/* Certificates as CZMQ and PyZMQ write them, and as no one should. */
#include "keys/cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}?/p0&^k*VS.lgxf!C6" /* of another pair */

struct rig {
    char folder[64], path[128], secret_path[128], why[512];
};

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    strcpy(rig->folder, "/tmp/fsz-cert-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->path, sizeof(rig->path), "%s/alice.key", rig->folder);
    snprintf(rig->secret_path, sizeof(rig->secret_path), "%s/alice.key_secret", rig->folder);
    *state = rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    unlink(rig->path);
    unlink(rig->secret_path);
    assert_int_equal(rmdir(rig->folder), 0); /* no temporary file is left */
    free(rig);
    return 0;
}

static fsz_err read_text(struct rig *rig, const char *text, mode_t mode, struct fsz_cert *ret_cert)
{
    FILE *file = fopen(rig->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(rig->path, mode), 0);
    rig->why[0] = '\0';
    return fsz_cert_read(rig->path, ret_cert, rig->why, sizeof(rig->why));
}

static void accept_text(struct rig *rig, const char *text, const char *name)
{
    struct fsz_cert cert = {0};
    if (read_text(rig, text, 0644, &cert) != FSZ_OK) {
        fail_msg("%s", rig->why);
    }
    assert_string_equal(cert.public_key, PUBLIC);
    assert_string_equal(cert.secret_key, "");
    assert_string_equal(cert.name, name);
}

static void refuse_text(struct rig *rig, const char *text, mode_t mode, const char *where,
                        const char *what)
{
    struct fsz_cert cert = {.name = "untouched"};
    char            begin[256];
    assert_int_equal(read_text(rig, text, mode, &cert), FSZ_EINVALID);
    snprintf(begin, sizeof(begin), "%s%s", rig->path, where);
    assert_memory_equal(rig->why, begin, strlen(begin));
    assert_non_null(strstr(rig->why, what));
    assert_string_equal(cert.name, "untouched");
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void test_cert_is_read_as_pyzmq_writes_it(void **state)
{
    accept_text(*state,
                "#   ****  Generated on 2026-01-02 03:04:05.678901 by pyzmq  ****\n"
                "#   ZeroMQ CURVE Public Certificate\n\n"
                "metadata\n    name = alice smith  \ncurve\n    public-key = \"" PUBLIC "\"\n",
                "alice smith");
}

static void test_cert_is_read_as_czmq_writes_it(void **state)
{
    accept_text(*state,
                "#   ****  Generated on 2026-01-02 03:04:05 by CZMQ  ****\n\n"
                "metadata\n    email = \"a@example.org\"\n    name = \"alice\"\n"
                "curve\n    public-key = \"" PUBLIC "\"\n",
                "alice");
}

static void test_cert_is_read_with_tabs_comments_and_bare_values(void **state)
{
    accept_text(*state, "curve # keys\r\n\tpublic-key=" PUBLIC " # mine\r\n", "");
    accept_text(*state, "version = 1\ncurve\n  public-key = '" PUBLIC "'", "");
    accept_text(*state, "curve\n    public-key = " PUBLIC "\t#\nother\n    public-key = 1\n", "");
}

static void test_cert_without_a_key_is_told(void **state)
{
    refuse_text(*state, "", 0600, ": has no public-key", "not a certificate");
    refuse_text(*state, "public-key = \"" PUBLIC "\"\n", 0600, ": has no public-key", "`curve`");
    refuse_text(*state, "curve\n    public-key = abc\n", 0600, ":2: public-key is not a key",
                "Z85");
    refuse_text(*state, "curve\n    public-key = \"" PUBLIC "x\"\n", 0600, ":2: ", "40 characters");
    refuse_text(*state, "curve\n    public-key\n", 0600, ":2: public-key is not a key", "");
}

static void test_cert_that_is_no_zpl_is_told_with_its_line(void **state)
{
    refuse_text(*state, "curve\n\n    public-key = \"" PUBLIC "\n", 0600, ":3: ", "unclosed quote");
    refuse_text(*state, "curve {\n", 0600, ":1: ", "no = after the name");
    refuse_text(*state, "{\"a\": 1}\n", 0600, ":1: ", "not a property name");
    refuse_text(*state, "curve\n    public-key = " PUBLIC "\n    public-key = " PUBLIC "\n", 0600,
                ":3: public-key is set twice", "");
}

static void test_cert_whose_keys_are_no_pair_is_told(void **state)
{
    refuse_text(*state, "curve\n  public-key = " PUBLIC "\n  secret-key = " SECRET "\n", 0600,
                ": has a secret-key that does not match", "make a new pair");
}

static void test_cert_that_others_may_read_is_told(void **state)
{
    const char *text = "curve\n  public-key = " PUBLIC "\n  secret-key = " SECRET "\n";
    refuse_text(*state, text, 0640, ": contains a secret key", "chmod 600");
    refuse_text(*state, text, 0604, ": contains a secret key", "chmod 600");
}

static void test_cert_of_a_file_that_is_none_is_told(void **state)
{
    struct rig     *rig = *state;
    struct fsz_cert cert;
    assert_int_equal(fsz_cert_read(rig->path, &cert, rig->why, sizeof(rig->why)), FSZ_ESYSTEM);
    assert_non_null(strstr(rig->why, "No such file"));
    assert_int_equal(fsz_cert_read(rig->folder, &cert, rig->why, sizeof(rig->why)), FSZ_EINVALID);
    assert_non_null(strstr(rig->why, "is not a regular file"));
    assert_int_equal(mkfifo(rig->path, 0600), 0);
    assert_int_equal(fsz_cert_read(rig->path, &cert, rig->why, sizeof(rig->why)), FSZ_EINVALID);
    char *long_text = calloc(1, FSZ_CERT_FILE_BYTES_MAX + 2);
    memset(long_text, '#', FSZ_CERT_FILE_BYTES_MAX + 1);
    unlink(rig->path);
    refuse_text(rig, long_text, 0600, ": has 65537 bytes; at most 65536 are allowed", "");
    free(long_text);
}

static void test_cert_written_is_read_again(void **state)
{
    struct rig     *rig = *state;
    struct fsz_cert made, whole = {0}, public_half = {0};
    assert_int_equal(fsz_cert_make("alice", &made), FSZ_OK);
    assert_int_equal(fsz_cert_write(rig->path, &made, rig->why, sizeof(rig->why)), FSZ_OK);
    assert_int_equal(fsz_cert_read(rig->secret_path, &whole, rig->why, sizeof(rig->why)), FSZ_OK);
    assert_int_equal(fsz_cert_read(rig->path, &public_half, rig->why, sizeof(rig->why)), FSZ_OK);
    assert_memory_equal(&whole, &made, sizeof(made));
    assert_string_equal(public_half.public_key, made.public_key);
    assert_string_equal(public_half.secret_key, "");
    assert_string_equal(public_half.name, "alice");
    assert_int_equal(mode_of(rig->secret_path), 0600);
    assert_int_equal(mode_of(rig->path), 0644);
}

static void test_cert_never_replaces_a_file(void **state)
{
    struct rig     *rig = *state;
    struct fsz_cert first, second, read = {0};
    assert_int_equal(fsz_cert_make("", &first), FSZ_OK);
    assert_int_equal(fsz_cert_make("", &second), FSZ_OK);
    assert_int_equal(fsz_cert_write(rig->path, &first, rig->why, sizeof(rig->why)), FSZ_OK);
    assert_int_equal(fsz_cert_write(rig->path, &second, rig->why, sizeof(rig->why)), FSZ_EBUSY);
    assert_non_null(strstr(rig->why, rig->secret_path));
    unlink(rig->secret_path);
    assert_int_equal(fsz_cert_write(rig->path, &second, rig->why, sizeof(rig->why)), FSZ_EBUSY);
    assert_int_equal(access(rig->secret_path, F_OK), -1); /* both or none */
    assert_int_equal(fsz_cert_read(rig->path, &read, rig->why, sizeof(rig->why)), FSZ_OK);
    assert_string_equal(read.public_key, first.public_key);
}

static void test_cert_name_that_would_break_the_file_is_refused(void **state)
{
    struct fsz_cert cert;
    char            name[80];
    (void)state;
    memset(name, 'a', sizeof(name));
    name[65] = '\0';
    assert_int_equal(fsz_cert_make("a\n    secret-key = x", &cert), FSZ_EINVALID);
    assert_int_equal(fsz_cert_make("a\"", &cert), FSZ_EINVALID);
    assert_int_equal(fsz_cert_make(name, &cert), FSZ_EINVALID);
    name[64] = '\0';
    assert_int_equal(fsz_cert_make(name, &cert), FSZ_OK);
    assert_string_equal(cert.name, name);
}

static void test_cert_forgotten_is_all_zero(void **state)
{
    static const struct fsz_cert none;
    struct fsz_cert              cert;
    (void)state;
    assert_int_equal(fsz_cert_make("x", &cert), FSZ_OK);
    fsz_cert_forget(&cert);
    assert_memory_equal(&cert, &none, sizeof(none));
}

static void test_key_text_is_that_of_libzmq(void **state)
{
    unsigned char key[32];
    char          text[FSZ_KEY_BYTES];
    (void)state;
    assert_non_null(zmq_z85_decode(key, PUBLIC));
    fsz_key_text(key, text);
    assert_string_equal(text, PUBLIC);
    assert_true(fsz_key_is_valid(text));
    memset(text, '#', 40); /* more than 32 bits in five characters */
    assert_false(fsz_key_is_valid(text));
    memset(text, '~', 40);
    assert_false(fsz_key_is_valid(text));
    assert_false(fsz_key_is_valid(""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cert_is_read_as_pyzmq_writes_it),
        TEST(test_cert_is_read_as_czmq_writes_it),
        TEST(test_cert_is_read_with_tabs_comments_and_bare_values),
        TEST(test_cert_without_a_key_is_told),
        TEST(test_cert_that_is_no_zpl_is_told_with_its_line),
        TEST(test_cert_whose_keys_are_no_pair_is_told),
        TEST(test_cert_that_others_may_read_is_told),
        TEST(test_cert_of_a_file_that_is_none_is_told),
        TEST(test_cert_written_is_read_again),
        TEST(test_cert_never_replaces_a_file),
        cmocka_unit_test(test_cert_name_that_would_break_the_file_is_refused),
        cmocka_unit_test(test_cert_forgotten_is_all_zero),
        cmocka_unit_test(test_key_text_is_that_of_libzmq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
