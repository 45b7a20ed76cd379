#include "xmlcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT(inner) "<document type=\"freeswitch/xml\">" inner "</document>"
#define SECTION(inner) DOCUMENT("<section name=\"directory\">" inner "</section>")
#define NOT_FOUND DOCUMENT("<section name=\"result\"><result status=\"not found\"/></section>")

static char why[FSZ_XML_WHY_BYTES];

static fsz_err check(const char *xml)
{
    why[0] = '\0';
    return fsz_xmlcheck(xml, strlen(xml), "directory", why, sizeof why);
}

static void assert_refused(const char *xml, const char *words)
{
    assert_int_equal(check(xml), FSZ_EINVALID);
    assert_string_equal(why, words);
}

static void test_xmlcheck_takes_the_section_asked_for(void **state)
{
    (void)state;
    assert_int_equal(check(SECTION("<domain name=\"example.org\"><user id=\"1000\"/></domain>")),
                     FSZ_OK);
    assert_int_equal(
        check("<?xml version=\"1.0\"?>\n<!-- c -->" SECTION("&lt;&#228;<![CDATA[<]]>")), FSZ_OK);
    assert_int_equal(check("<x><other/><section name=\"dialplan\"/>"
                           "<section description=\"d\" name='Directory'/></x>"),
                     FSZ_OK);
    assert_int_equal(check(SECTION("<u name=\"J\xc3\xbcrgen\"/>")), FSZ_OK);
}

static void test_xmlcheck_takes_utf8_whatever_the_text_says_it_is(void **state)
{
    (void)state;
    assert_int_equal(check("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" SECTION("\xc3\xbc")),
                     FSZ_OK);
    assert_refused("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" SECTION("\xfc"),
                   "line 1, column 102: not well-formed (invalid token)");
    assert_int_equal(check("\xef\xbb\xbf" SECTION("")), FSZ_OK);
}

static void test_xmlcheck_knows_the_words_for_not_found(void **state)
{
    (void)state;
    assert_int_equal(check(NOT_FOUND), FSZ_ENOTFOUND);
    assert_int_equal(
        check(DOCUMENT("<section name=\"result\"><x/><result status=\"Not Found\"/></section>")),
        FSZ_ENOTFOUND);
    assert_int_equal(
        check(DOCUMENT("<section name=\"result\"><result status=\"success\"/></section>")),
        FSZ_EINVALID);
    assert_int_equal(
        check(DOCUMENT("<section name=\"other\"><result status=\"not found\"/></section>")),
        FSZ_EINVALID);
    assert_int_equal(
        check(DOCUMENT("<section name=\"result\"/><x><result status=\"not found\"/></x>")),
        FSZ_EINVALID);
}

static void test_xmlcheck_tells_line_column_and_reason(void **state)
{
    (void)state;
    assert_refused("", "line 1, column 1: no element found");
    assert_refused("not found", "line 1, column 1: syntax error");
    assert_refused("<document>\n <section name=\"directory\">\n  <user></domain></section>",
                   "line 3, column 11: mismatched tag");
    assert_refused(SECTION("<a b=c/>"), "line 1, column 64: not well-formed (invalid token)");
    assert_refused(SECTION("<a b=\"1\" b=\"2\"/>"), "line 1, column 68: duplicate attribute");
    assert_refused(SECTION("&secret;"), "line 1, column 59: undefined entity");
    assert_refused(SECTION("") "<more/>", "line 1, column 80: junk after document element");
    assert_refused(SECTION("") "text", "line 1, column 80: junk after document element");
}

static void test_xmlcheck_refuses_another_section(void **state)
{
    (void)state;
    static const char words[] = "no <section> of the name asked for right below the root";
    assert_int_equal(check(DOCUMENT("<section name=\"dialplan\"/>")), FSZ_EINVALID);
    assert_non_null(strstr(why, words));
    assert_int_equal(check("<section name=\"directory\"/>"), FSZ_EINVALID);
    assert_int_equal(check("<a><b><section name=\"directory\"/></b></a>"), FSZ_EINVALID);
    assert_int_equal(check("<a><directory name=\"directory\"/></a>"), FSZ_EINVALID);
    assert_int_equal(check("<a><section/></a>"), FSZ_EINVALID);
}

static void test_xmlcheck_refuses_every_doctype(void **state)
{
    (void)state;
    static const char        words[] = ": has a DOCTYPE, and nothing here may declare entities";
    static const char *const doctypes[] = {
        "<!DOCTYPE document>",
        "<!DOCTYPE document SYSTEM \"http://127.0.0.1/a.dtd\">",
        "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>",
    };
    char xml[1024];
    for (size_t i = 0; i < sizeof doctypes / sizeof *doctypes; i++) {
        strcpy(xml, doctypes[i]);
        strcat(xml, SECTION("&x;&b;"));
        assert_int_equal(check(xml), FSZ_EINVALID);
        assert_non_null(strstr(why, words));
    }
}

static char *nested(int depth)
{
    char *xml = calloc(1, 4096);
    assert_non_null(xml);
    strcpy(xml, "<d><section name=\"directory\">");
    for (int i = 2; i < depth; i++) {
        strcat(xml, "<a>");
    }
    for (int i = 2; i < depth; i++) {
        strcat(xml, "</a>");
    }
    strcat(xml, "</section></d>");
    return xml;
}

static void test_xmlcheck_bounds_depth(void **state)
{
    (void)state;
    char *deep = nested(FSZ_XML_DEPTH_MAX);
    char *deeper = nested(FSZ_XML_DEPTH_MAX + 1);
    assert_int_equal(check(deep), FSZ_OK);
    assert_refused(deeper, "line 1, column 216: nested deeper than 64");
    free(deep);
    free(deeper);
}

static void test_xmlcheck_refuses_nul_and_half_a_text(void **state)
{
    (void)state;
    static const char whole[] = SECTION("<user id=\"1000\"/>");
    static const char nul[] = SECTION("\0");
    assert_int_equal(fsz_xmlcheck(nul, sizeof nul - 1, "directory", why, sizeof why), FSZ_EINVALID);
    for (size_t cut = 0; cut + 1 < sizeof whole; cut++) {
        char *half = malloc(cut + 1); /* so that a read beyond it is seen */
        assert_non_null(half);
        memcpy(half, whole, cut);
        assert_int_equal(fsz_xmlcheck(half, cut, "directory", why, sizeof why), FSZ_EINVALID);
        free(half);
    }
}

static void test_xmlcheck_never_repeats_the_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        SECTION("<param name=\"password\" value=\"hunter2\">"),
        SECTION("&hunter2;"),
        "<hunter2></hunter3>",
        "hunter2",
        "<hunter2/>",
        SECTION("<a hunter2=\"1\" hunter2=\"2\"/>"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(check(texts[i]), FSZ_EINVALID);
        assert_null(strstr(why, "hunter"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xmlcheck_takes_the_section_asked_for),
        cmocka_unit_test(test_xmlcheck_takes_utf8_whatever_the_text_says_it_is),
        cmocka_unit_test(test_xmlcheck_knows_the_words_for_not_found),
        cmocka_unit_test(test_xmlcheck_tells_line_column_and_reason),
        cmocka_unit_test(test_xmlcheck_refuses_another_section),
        cmocka_unit_test(test_xmlcheck_refuses_every_doctype),
        cmocka_unit_test(test_xmlcheck_bounds_depth),
        cmocka_unit_test(test_xmlcheck_refuses_nul_and_half_a_text),
        cmocka_unit_test(test_xmlcheck_never_repeats_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
