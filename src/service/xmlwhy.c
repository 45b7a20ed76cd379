/* SPDX-License-Identifier: MPL-2.0 */
#include "service/xmlwhy.h"

#include <stdbool.h>
#include <string.h>

#define WHY_CUT "the text ends too early: is it cut off?"

static const struct {
    enum XML_Error error;
    const char    *why;
} why_words[] = {
    {XML_ERROR_SYNTAX, "text before the root element: send one XML document and nothing else"},
    {XML_ERROR_NO_ELEMENTS, WHY_CUT},
    {XML_ERROR_UNCLOSED_TOKEN, WHY_CUT},
    {XML_ERROR_PARTIAL_CHAR, WHY_CUT},
    {XML_ERROR_UNCLOSED_CDATA_SECTION, WHY_CUT},
    {XML_ERROR_TAG_MISMATCH, "mismatched tag: close the element that was opened last"},
    {XML_ERROR_DUPLICATE_ATTRIBUTE, "duplicate attribute: keep one of them"},
    {XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
     "text or element after the root element: remove it, only comments may follow"},
    {XML_ERROR_UNDEFINED_ENTITY,
     "undefined entity: write the character itself, or its number as &#160;"},
    {XML_ERROR_BAD_CHAR_REF, "reference to a character that XML does not allow: remove it"},
    {XML_ERROR_MISPLACED_XML_PI, "<?xml after the start: remove what is before it"},
};

static bool why_ends_with(const char *text, size_t at, const char *end)
{
    size_t length = strlen(end);
    return at >= length && memcmp(text + at - length, end, length) == 0;
}

static bool why_is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_-.:#", c) != NULL);
}

/* Moves to the & before a possible name of an entity. */
static bool why_find_ampersand(const char *text, size_t *at)
{
    size_t start = *at;
    while (start > 0 && why_is_name(text[start - 1])) {
        start--;
    }
    if (start == 0 || text[start - 1] != '&') {
        return false;
    }
    *at = start - 1;
    return true;
}

/* Tells mistakes apart that expat reports as one error. */
static const char *why_of_token(const char *text, size_t bytes, size_t *at)
{
    unsigned char here = *at < bytes ? (unsigned char)text[*at] : ' ';
    if (here >= 0x80) {
        return "not UTF-8, or a character that XML does not allow: send the document in UTF-8";
    }
    if (here < 0x20 && here != '\n' && here != '\r' && here != '\t') {
        return "control character, which XML does not allow: remove it";
    }
    if (why_find_ampersand(text, at)) {
        return "bare &: write &amp;";
    }
    if (here == '<') {
        return "bare <: write &lt;";
    }
    if (here == '/' && why_ends_with(text, *at, "<")) {
        return "end tag of an element that is not open: remove it";
    }
    if (here == '>' && why_ends_with(text, *at, "]]")) {
        return "]]> outside of CDATA: write ]]&gt;";
    }
    if (why_ends_with(text, *at, "--")) {
        return "-- inside a comment: replace it";
    }
    if (why_ends_with(text, *at, "=")) {
        return "attribute value without quotes: quote it";
    }
    return "not well-formed: a value without quotes, a missing blank or a wrong name";
}

static bool why_is_known(const char *entity, size_t bytes)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#"};
    bool                     is_known = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t length = strlen(known[i]);
        is_known |= bytes >= length && memcmp(entity, known[i], length) == 0;
    }
    return is_known;
}

/* For an entity in an attribute, expat points at the element. */
static void why_find_entity(const char *text, size_t bytes, size_t *at)
{
    size_t next = *at;
    while (next < bytes && (text[next] != '&' || why_is_known(text + next, bytes - next))) {
        next++;
    }
    *at = next < bytes ? next : *at;
}

const char *fsz_xmlwhy(enum XML_Error error, const char *text, size_t bytes, size_t *at)
{
    if (error == XML_ERROR_INVALID_TOKEN) {
        return why_of_token(text, bytes, at);
    }
    if (error == XML_ERROR_UNDEFINED_ENTITY) {
        why_find_entity(text, bytes, at);
    }
    for (size_t i = 0; i < sizeof(why_words) / sizeof(why_words[0]); i++) {
        if (why_words[i].error == error) {
            return why_words[i].why;
        }
    }
    const char *why = XML_ErrorString(error);
    return why != NULL ? why : "not XML";
}

void fsz_xmlwhy_place(const char *text, size_t bytes, size_t at, size_t *ret_line,
                      size_t *ret_column)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < bytes; i++) {
        bool feeds = i + 1 < bytes && text[i + 1] == '\n'; /* CR LF ends one line */
        bool ends_line = text[i] == '\n' || (text[i] == '\r' && !feeds);
        bool continues = ((unsigned char)text[i] & 0xc0) == 0x80; /* a later byte of a character */
        line += ends_line;
        column = ends_line ? 1 : column + !continues;
    }
    *ret_line = line;
    *ret_column = column;
}
