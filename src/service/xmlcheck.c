/* SPDX-License-Identifier: MPL-2.0 */
#include "service/xmlcheck.h"

#include "service/xmlwhy.h"

#include <assert.h>
#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { XMLCHECK_ROOT = 1, XMLCHECK_SECTION, XMLCHECK_ELEMENT }; /* depths */

static_assert(FSZ_XML_WHY_BYTES >= FSZ_XMLWHY_BYTES + sizeof("line , column : ") +
                                       2 * sizeof("18446744073709551615"),
              "place and reason fit");

struct xmlcheck {
    XML_Parser  parser;
    const char *section;             /* the requested one */
    unsigned    depth;               /* of the open element */
    bool        is_document;         /* the root is a <document> */
    bool        has_section;         /* of any name */
    bool        found;               /* it has the requested section */
    bool        has_elements;        /* that section has more than a result "not found" */
    bool        in_found, in_result; /* which section is open */
    bool        result_says_not_found, found_says_not_found;
    const char *refused; /* why the text is refused; NULL: it is not, so far */
    size_t      at;      /* where: in bytes after the skipped start */
};

static const char *xmlcheck_attribute(const XML_Char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], name) == 0) {
            return attributes[1];
        }
    }
    return "";
}

static size_t xmlcheck_position(const struct xmlcheck *check)
{
    XML_Index index = XML_GetCurrentByteIndex(check->parser);
    return index > 0 ? (size_t)index : 0;
}

static void xmlcheck_refuse(struct xmlcheck *check, const char *why)
{
    check->refused = why;
    check->at = xmlcheck_position(check);
    XML_StopParser(check->parser, XML_FALSE);
}

static void xmlcheck_section(struct xmlcheck *check, const XML_Char **attributes)
{
    const char *name = xmlcheck_attribute(attributes, "name");
    check->has_section = true;
    check->in_found = strcasecmp(name, check->section) == 0;
    check->in_result = strcasecmp(name, "result") == 0;
    check->found |= check->in_found;
}

/* Inside a section. */
static void xmlcheck_element(struct xmlcheck *check, const XML_Char *name,
                             const XML_Char **attributes)
{
    bool not_found = strcmp(name, "result") == 0 &&
                     strcasecmp(xmlcheck_attribute(attributes, "status"), "not found") == 0;
    check->result_says_not_found |= check->in_result && not_found;
    check->found_says_not_found |= check->in_found && not_found;
    check->has_elements |= check->in_found && !not_found;
}

static void XMLCALL xmlcheck_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct xmlcheck *check = data;
    if (++check->depth > FSZ_XML_DEPTH_MAX) {
        xmlcheck_refuse(check, "nested deeper than 64: make it flatter");
    } else if (check->depth == XMLCHECK_ROOT) {
        check->is_document = strcmp(name, "document") == 0;
    } else if (check->depth == XMLCHECK_SECTION && strcmp(name, "section") == 0) {
        xmlcheck_section(check, attributes);
    } else if (check->depth == XMLCHECK_ELEMENT) {
        xmlcheck_element(check, name, attributes);
    }
}

static void XMLCALL xmlcheck_end(void *data, const XML_Char *name)
{
    struct xmlcheck *check = data;
    (void)name;
    if (check->depth-- == XMLCHECK_SECTION) {
        check->in_result = check->in_found = false;
    }
}

static void XMLCALL xmlcheck_doctype(void *data, const XML_Char *name, const XML_Char *system,
                                     const XML_Char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    xmlcheck_refuse(data, "has a DOCTYPE: remove it, and write entities as characters");
}

/* The document is well-formed: what does it mean? */
static fsz_err xmlcheck_judge(struct xmlcheck *check)
{
    if (check->result_says_not_found || (check->found_says_not_found && !check->has_elements)) {
        return FSZ_ENOTFOUND;
    }
    if (check->found) {
        return FSZ_OK;
    }
    if (check->is_document && !check->has_section) {
        return FSZ_ENOTFOUND;
    }
    xmlcheck_refuse(check, "no <section> with the requested name directly below the root: "
                           "add it, or reply with `found` false");
    return FSZ_EINVALID;
}

static fsz_err xmlcheck_parse(struct xmlcheck *check, const char *xml, size_t bytes)
{
    XML_SetUserData(check->parser, check);
    XML_SetElementHandler(check->parser, xmlcheck_start, xmlcheck_end);
    XML_SetStartDoctypeDeclHandler(check->parser, xmlcheck_doctype);
    enum XML_Status status = XML_Parse(check->parser, xml, (int)bytes, XML_TRUE);
    enum XML_Error  error = XML_GetErrorCode(check->parser);
    if (status == XML_STATUS_OK) {
        return xmlcheck_judge(check);
    }
    if (error == XML_ERROR_NO_MEMORY) {
        return FSZ_ENOMEM;
    }
    if (check->refused == NULL) {
        check->at = xmlcheck_position(check);
        check->refused = fsz_xmlwhy(error, xml, bytes, &check->at);
    }
    return FSZ_EINVALID;
}

/* The length of white space and byte order marks at the start, which FreeSWITCH skips too. */
static size_t xmlcheck_skip(const char *xml, size_t bytes)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t            at = 0, before = 0;
    do {
        before = at;
        while (at < bytes && xml[at] != '\0' && strchr(" \t\r\n", xml[at]) != NULL) {
            at++;
        }
        at += bytes - at >= 3 && memcmp(xml + at, mark, 3) == 0 ? 3 : 0;
    } while (at != before);
    return at;
}

fsz_err fsz_xmlcheck(const char *xml, size_t bytes, const char *section, char *ret_why,
                     size_t why_bytes)
{
    /* With these pointers, tests can make expat's allocations fail too. */
    static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};
    if (bytes > FSZ_XML_BYTES_MAX) {
        snprintf(ret_why, why_bytes, "longer than 1 GiB");
        return FSZ_EINVALID;
    }
    size_t skipped = xmlcheck_skip(xml, bytes), line = 0, column = 0;
    if (skipped == bytes) {
        return FSZ_ENOTFOUND;
    }
    struct xmlcheck check = {.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL),
                             .section = section};
    if (check.parser == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = xmlcheck_parse(&check, xml + skipped, bytes - skipped);
    XML_ParserFree(check.parser);
    if (err == FSZ_EINVALID) {
        fsz_xmlwhy_place(xml, bytes, skipped + check.at, &line, &column);
        snprintf(ret_why, why_bytes, "line %zu, column %zu: %s", line, column, check.refused);
    }
    return err;
}
