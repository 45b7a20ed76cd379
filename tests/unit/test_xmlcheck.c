/* SPDX-License-Identifier: MPL-2.0 */
#include "service/xmlcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
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
                   "line 1, column 102: not UTF-8, or a character that XML does not allow: send "
                   "the document in UTF-8");
    assert_int_equal(check("\xef\xbb\xbf" SECTION("")), FSZ_OK);
}

static void test_xmlcheck_skips_blanks_and_marks_at_the_start(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "\n", " \t\r\n", "\xef\xbb\xbf", "\n\n\xef\xbb\xbf ", "\xef\xbb\xbf\r\n\xef\xbb\xbf",
    };
    char xml[256];
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        snprintf(xml, sizeof xml, "%s<?xml version=\"1.0\"?>%s", starts[i], SECTION("<a/>"));
        assert_int_equal(check(xml), FSZ_OK);
        snprintf(xml, sizeof xml, "%s%s", starts[i], SECTION("<a/>"));
        assert_int_equal(check(xml), FSZ_OK);
        assert_int_equal(check(starts[i]), FSZ_ENOTFOUND);
    }
    assert_refused("\xef\xbb\xbf\n  <?xml version=\"1.0\"?><d>",
                   "line 2, column 27: the text ends too early: is it cut off?");
    assert_refused("\v<d/>", "line 1, column 1: control character, which XML does not allow: "
                             "remove it");
    assert_refused("<!-- --><?xml version=\"1.0\"?><d/>",
                   "line 1, column 9: <?xml after the start: remove what is before it");
}

static void test_xmlcheck_knows_what_means_not_found(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "",
        DOCUMENT(""),
        DOCUMENT("\n <!-- nobody --> text"),
        DOCUMENT("<domain name=\"example.org\"/>"),
        "<?xml version=\"1.0\"?>\n<document/>\n",
        NOT_FOUND,
        DOCUMENT("<section name=\"result\"><x/><result status=\"Not Found\"/></section>"),
        NOT_FOUND "<!-- example.org -->",
        SECTION("<result status=\"not found\"/>"),
        DOCUMENT("<section name=\"result\"><result status=\"not found\"/></section>"
                 "<section name=\"directory\"><domain/></section>"),
    };
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        assert_int_equal(check(nothing[i]), FSZ_ENOTFOUND);
    }
}

static void test_xmlcheck_takes_for_not_found_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(check(SECTION("")), FSZ_OK);
    assert_int_equal(check(SECTION("<result status=\"not found\"/><domain/>")), FSZ_OK);
    assert_int_equal(check(SECTION("<result status=\"success\"/>")), FSZ_OK);
    assert_int_equal(check(SECTION("<domain><result status=\"not found\"/></domain>")), FSZ_OK);
    static const char *const bad[] = {
        "<html><body/></html>",
        DOCUMENT("<section name=\"result\"><result status=\"success\"/></section>"),
        DOCUMENT("<section name=\"other\"><result status=\"not found\"/></section>"),
        DOCUMENT("<section name=\"result\"/><x><result status=\"not found\"/></x>"),
        DOCUMENT("<section/>"),
        "<!-- nothing -->",
        "not found",
        "404",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(check(bad[i]), FSZ_EINVALID);
    }
}

static void test_xmlcheck_says_where_and_what_to_change(void **state)
{
    (void)state;
    assert_refused("not found", "line 1, column 1: text before the root element: send one XML "
                                "document and nothing else");
    assert_refused("<document>\n <section name=\"directory\">\n  <user></domain></section>",
                   "line 3, column 11: mismatched tag: close the element that was opened last");
    assert_refused("<d>\r\n<e>\r<f>\n</g></f></e></d>",
                   "line 4, column 3: mismatched tag: close the element that was opened last");
    assert_refused("<d>\xc3\xbc\xe2\x82\xac<e></d>",
                   "line 1, column 11: mismatched tag: close the element that was opened last");
    assert_refused(SECTION("<a b=c/>"),
                   "line 1, column 64: attribute value without quotes: quote it");
    assert_refused(SECTION("<a b='1'c='2'/>"),
                   "line 1, column 67: not well-formed: a value without quotes, a missing blank "
                   "or a wrong name");
    assert_refused(SECTION("<a b=\"1\" b=\"2\"/>"),
                   "line 1, column 68: duplicate attribute: keep one of them");
    assert_refused(SECTION("") "<more/>", "line 1, column 80: text or element after the root "
                                          "element: remove it, only comments may follow");
    assert_refused(SECTION("") "text", "line 1, column 80: text or element after the root "
                                       "element: remove it, only comments may follow");
    assert_refused("<d><e", "line 1, column 4: the text ends too early: is it cut off?");
    assert_refused("<d><![CDATA[", "line 1, column 13: the text ends too early: is it cut off?");
    assert_refused("<d></d></d>",
                   "line 1, column 9: end tag of an element that is not open: remove it");
    assert_refused("<d>]]></d>", "line 1, column 6: ]]> outside of CDATA: write ]]&gt;");
    assert_refused("<d><!-- a--b --></d>", "line 1, column 12: -- inside a comment: replace it");
    assert_refused("<d e=\"1<2\"/>", "line 1, column 8: bare <: write &lt;");
    assert_refused("<d>\x01</d>",
                   "line 1, column 4: control character, which XML does not allow: remove it");
    assert_refused("<d>&#0;</d>", "line 1, column 4: reference to a character that XML does not "
                                  "allow: remove it");
}

static void test_xmlcheck_finds_the_ampersand(void **state)
{
    (void)state;
    static const char bare[] = "line 1, column 60: bare &: write &amp;";
    static const char entity[] = "line 1, column 60: undefined entity: write the character itself, "
                                 "or its number as &#160;";
    assert_refused(SECTION("x& y"), bare);
    assert_refused(SECTION("x&&amp;"), bare);
    assert_refused(SECTION("x&zz#1"), bare);
    assert_refused(SECTION("x&lt y"), bare);
    assert_refused(SECTION("x&"), bare);
    assert_refused(SECTION("x&nbsp;"), entity);
    assert_refused(DOCUMENT("<section name=\"directory\" x=\"7(&zz#1\"/>"),
                   "line 1, column 64: bare &: write &amp;");
    assert_refused(DOCUMENT("<section name=\"directory\" x=\"a&amp;&#32;&nbsp;b\"/>"),
                   "line 1, column 73: undefined entity: write the character itself, or its number "
                   "as &#160;");
}

static void test_xmlcheck_refuses_another_section(void **state)
{
    (void)state;
    static const char words[] = "no <section> with the requested name directly below the root";
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
    static const char words[] = ": has a DOCTYPE: remove it, and write entities as characters";
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
    assert_refused(deeper, "line 1, column 216: nested deeper than 64: make it flatter");
    free(deep);
    free(deeper);
}

static void test_xmlcheck_refuses_nul_and_half_a_text(void **state)
{
    (void)state;
    static const char whole[] = SECTION("<user id=\"1000\"/>");
    static const char nul[] = SECTION("\0");
    assert_int_equal(fsz_xmlcheck(nul, sizeof nul - 1, "directory", why, sizeof why), FSZ_EINVALID);
    for (size_t cut = 1; cut + 1 < sizeof whole; cut++) {
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
        cmocka_unit_test(test_xmlcheck_skips_blanks_and_marks_at_the_start),
        cmocka_unit_test(test_xmlcheck_knows_what_means_not_found),
        cmocka_unit_test(test_xmlcheck_takes_for_not_found_nothing_else),
        cmocka_unit_test(test_xmlcheck_says_where_and_what_to_change),
        cmocka_unit_test(test_xmlcheck_finds_the_ampersand),
        cmocka_unit_test(test_xmlcheck_refuses_another_section),
        cmocka_unit_test(test_xmlcheck_refuses_every_doctype),
        cmocka_unit_test(test_xmlcheck_bounds_depth),
        cmocka_unit_test(test_xmlcheck_refuses_nul_and_half_a_text),
        cmocka_unit_test(test_xmlcheck_never_repeats_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
