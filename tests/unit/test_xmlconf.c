/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/xmlconf.h"

static struct fsz_problems problems;

static struct fsz_confnode *parse(const char *xml)
{
    struct fsz_confnode *root = NULL;
    fsz_problems_init(&problems);
    fsz_err err = fsz_xmlconf_parse("test.xml", xml, strlen(xml), &root, &problems);
    assert_int_equal(err, problems.count == 0 ? FSZ_OK : FSZ_EINVALID);
    assert_int_equal(root != NULL, problems.count == 0);
    return root;
}

static void refuse(const char *xml, const char *problem)
{
    assert_null(parse(xml));
    assert_int_equal(problems.count, 1);
    assert_string_equal(problems.lines[0], problem);
}

static void test_xmlconf_keeps_elements_attributes_and_lines(void **state)
{
    (void)state;
    struct fsz_confnode *root = parse("<?xml version=\"1.0\"?>\n"
                                      "<configuration name=\"event_zmq.conf\">\n"
                                      "  <!-- <param name=\"no\"/> -->text\n"
                                      "  <settings>\n"
                                      "    <param name=\"a\" value=\"1 &lt; 2 &amp; &#51;\"/>\n"
                                      "    <param name=\"b\" value=\"\"/>\n"
                                      "  </settings>\n"
                                      "</configuration>\n");
    assert_string_equal(root->name, "configuration");
    assert_int_equal(root->line, 2);
    struct fsz_confnode *settings = root->children;
    assert_string_equal(settings->name, "settings");
    assert_null(settings->next);
    assert_int_equal(settings->children->line, 5);
    assert_string_equal(fsz_confnode_get(settings->children, "value"), "1 < 2 & 3");
    assert_string_equal(fsz_confnode_get(settings->children->next, "value"), "");
    assert_null(settings->children->next->next);
    fsz_confnode_free(&root);
}

static void test_xmlconf_finds_the_configuration_in_a_whole_document(void **state)
{
    (void)state;
    struct fsz_confnode *root =
        parse("<document type=\"freeswitch/xml\"><section name=\"configuration\">"
              "<configuration name=\"acl.conf\"><settings/></configuration>"
              "<configuration name=\"event_zmq.conf\"><streams/></configuration>"
              "</section></document>");
    assert_string_equal(root->children->name, "streams");
    fsz_confnode_free(&root);
}

static void test_xmlconf_counts_lines_beyond_65535(void **state)
{
    (void)state;
    enum { LINES = 70000 };
    const char *head = "<configuration name=\"event_zmq.conf\">";
    char       *xml = malloc(LINES + 200);
    assert_non_null(xml);
    size_t size = strlen(strcpy(xml, head));
    memset(xml + size, '\n', LINES);
    strcpy(xml + size + LINES, "<settings> </settings></configuration>");
    struct fsz_confnode *root = parse(xml);
    assert_int_equal(root->children->line, LINES + 1);
    fsz_confnode_free(&root);
    free(xml);
}

static void test_xmlconf_reports_the_line_that_is_not_xml(void **state)
{
    (void)state;
    assert_null(parse("<configuration name=\"event_zmq.conf\">\n<settings>\n</configuration>\n"));
    assert_non_null(strstr(problems.lines[0], "test.xml: line 3: "));
    assert_null(parse(""));
    assert_int_equal(problems.count, 1);
}

static void test_xmlconf_refuses_a_document_without_the_configuration(void **state)
{
    (void)state;
    refuse("<configuration name=\"acl.conf\"/>",
           "test.xml: has no <configuration name=\"event_zmq.conf\">");
    refuse("<configuration/>", "test.xml: has no <configuration name=\"event_zmq.conf\">");
}

static void test_xmlconf_refuses_a_document_type_without_reading_its_entities(void **state)
{
    (void)state;
    char secret[] = "/tmp/fsz-secret-XXXXXX";
    char xml[512];
    int  fd = mkstemp(secret);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "secret", 6), 6);
    close(fd);
    snprintf(xml, sizeof xml,
             "<!DOCTYPE c [<!ENTITY x SYSTEM \"file://%s\">]>\n"
             "<configuration name=\"event_zmq.conf\"><param name=\"a\" value=\"1\"/>&x;"
             "</configuration>",
             secret);
    refuse(xml, "test.xml: line 1: a document type (<!DOCTYPE>) is not allowed");
    unlink(secret);
    refuse("<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
           "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>\n"
           "<configuration name=\"event_zmq.conf\"><param name=\"&d;&d;&d;\"/></configuration>",
           "test.xml: line 1: a document type (<!DOCTYPE>) is not allowed");
}

static void test_xmlconf_refuses_preprocessor_and_variables(void **state)
{
    (void)state;
    assert_null(parse("<configuration name=\"event_zmq.conf\">\n"
                      "<X-PRE-PROCESS cmd=\"include\" data=\"more.xml\"/>\n"
                      "<param name=\"bind\" value=\"tcp://$${local_ip_v4}:5556\"/>\n"
                      "</configuration>"));
    assert_int_equal(problems.count, 2);
    assert_string_equal(problems.lines[0],
                        "test.xml: line 2: <X-PRE-PROCESS>: there is no preprocessor here; write "
                        "its output instead");
    assert_string_equal(problems.lines[1],
                        "test.xml: line 3: $${local_ip_v4}: variables of FreeSWITCH are not known "
                        "here; write the value itself");
    struct fsz_confnode *root = /* elsewhere in a whole document they are ignored */
        parse("<document><X-PRE-PROCESS cmd=\"set\" data=\"a=b\"/><x y=\"$${a}\"/>"
              "<configuration name=\"event_zmq.conf\"/></document>");
    assert_non_null(root);
    fsz_confnode_free(&root);
}

static void test_xmlconf_refuses_documents_that_are_too_deep_or_too_large(void **state)
{
    (void)state;
    enum { DEPTH = 5000 };
    char *deep = calloc(1, DEPTH * 3 + 100);
    char *large = malloc(FSZ_XMLCONF_BYTES_MAX + 2);
    assert_non_null(deep);
    assert_non_null(large);
    strcpy(deep, "<configuration name=\"event_zmq.conf\">");
    size_t size = strlen(deep);
    for (size_t i = 0; i < DEPTH; i++) {
        memcpy(deep + size + 3 * i, "<a>", 3);
    }
    assert_null(parse(deep));
    memset(large, ' ', FSZ_XMLCONF_BYTES_MAX + 1);
    large[FSZ_XMLCONF_BYTES_MAX + 1] = '\0';
    refuse(large, "test.xml: is larger than 4194304 bytes");
    free(deep);
    free(large);
}

static void test_xmlconf_reads_the_sample_file(void **state)
{
    (void)state;
    struct fsz_confnode *root = NULL;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_xmlconf_read(FSZ_SAMPLE, &root, &problems), FSZ_OK);
    assert_int_equal(problems.count, 0);
    assert_string_equal(fsz_confnode_get(root, "name"), "event_zmq.conf");
    fsz_confnode_free(&root);
}

static void test_xmlconf_says_why_a_file_cannot_be_read(void **state)
{
    (void)state;
    struct fsz_confnode *root = NULL;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_xmlconf_read("/nowhere/x.xml", &root, &problems), FSZ_EINVALID);
    assert_string_equal(problems.lines[0], "/nowhere/x.xml: No such file or directory");
    assert_int_equal(fsz_xmlconf_read("/", &root, &problems), FSZ_EINVALID);
    assert_string_equal(problems.lines[1], "/: Is a directory");
    assert_int_equal(fsz_xmlconf_read("/dev/zero", &root, &problems), FSZ_EINVALID);
    assert_string_equal(problems.lines[2], "/dev/zero: is larger than 4194304 bytes");
    assert_int_equal(fsz_xmlconf_read("/dev/null", &root, &problems), FSZ_EINVALID);
    assert_int_equal(problems.count, 4);
    assert_null(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xmlconf_keeps_elements_attributes_and_lines),
        cmocka_unit_test(test_xmlconf_finds_the_configuration_in_a_whole_document),
        cmocka_unit_test(test_xmlconf_counts_lines_beyond_65535),
        cmocka_unit_test(test_xmlconf_reports_the_line_that_is_not_xml),
        cmocka_unit_test(test_xmlconf_refuses_a_document_without_the_configuration),
        cmocka_unit_test(test_xmlconf_refuses_a_document_type_without_reading_its_entities),
        cmocka_unit_test(test_xmlconf_refuses_preprocessor_and_variables),
        cmocka_unit_test(test_xmlconf_refuses_documents_that_are_too_deep_or_too_large),
        cmocka_unit_test(test_xmlconf_reads_the_sample_file),
        cmocka_unit_test(test_xmlconf_says_why_a_file_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
