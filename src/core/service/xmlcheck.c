#include "xmlcheck.h"

#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { XMLCHECK_ROOT = 1, XMLCHECK_SECTION, XMLCHECK_RESULT }; /* depths */

struct xmlcheck {
    XML_Parser  parser;
    const char *section; /* that is looked for */
    unsigned    depth;   /* of the element that is open */
    bool        found;
    bool        in_result; /* inside <section name="result"> */
    bool        not_found;
    const char *refused;      /* what we do not take though it may be XML; NULL: nothing yet */
    XML_Size    line, column; /* where, from 1 and from 0 */
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

static void xmlcheck_refuse(struct xmlcheck *check, const char *why)
{
    check->refused = why;
    check->line = XML_GetCurrentLineNumber(check->parser);
    check->column = XML_GetCurrentColumnNumber(check->parser);
    XML_StopParser(check->parser, XML_FALSE);
}

static void xmlcheck_section(struct xmlcheck *check, const XML_Char **attributes)
{
    const char *name = xmlcheck_attribute(attributes, "name");
    check->found |= strcasecmp(name, check->section) == 0;
    check->in_result = strcasecmp(name, "result") == 0;
}

static void XMLCALL xmlcheck_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct xmlcheck *check = data;
    if (++check->depth > FSZ_XML_DEPTH_MAX) {
        xmlcheck_refuse(check, "nested deeper than 64");
    } else if (check->depth == XMLCHECK_SECTION && strcmp(name, "section") == 0) {
        xmlcheck_section(check, attributes);
    } else if (check->depth == XMLCHECK_RESULT && check->in_result && strcmp(name, "result") == 0) {
        const char *status = xmlcheck_attribute(attributes, "status");
        check->not_found |= strcasecmp(status, "not found") == 0;
    }
}

static void XMLCALL xmlcheck_end(void *data, const XML_Char *name)
{
    struct xmlcheck *check = data;
    (void)name;
    if (check->depth-- == XMLCHECK_SECTION) {
        check->in_result = false;
    }
}

static void XMLCALL xmlcheck_doctype(void *data, const XML_Char *name, const XML_Char *system,
                                     const XML_Char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    xmlcheck_refuse(data, "has a DOCTYPE, and nothing here may declare entities");
}

/* Ends with `why`, which is of where the parser was, unless something was refused before. */
static fsz_err xmlcheck_tell(struct xmlcheck *check, const char *why, char *ret_why,
                             size_t why_bytes)
{
    if (check->refused == NULL) {
        xmlcheck_refuse(check, why);
    }
    snprintf(ret_why, why_bytes, "line %lu, column %lu: %s", (unsigned long)check->line,
             (unsigned long)check->column + 1, check->refused);
    return FSZ_EINVALID;
}

static fsz_err xmlcheck_parse(struct xmlcheck *check, const char *xml, size_t bytes, char *ret_why,
                              size_t why_bytes)
{
    XML_SetUserData(check->parser, check);
    XML_SetElementHandler(check->parser, xmlcheck_start, xmlcheck_end);
    XML_SetStartDoctypeDeclHandler(check->parser, xmlcheck_doctype);
    enum XML_Status status = XML_Parse(check->parser, xml, (int)bytes, XML_TRUE);
    enum XML_Error  error = XML_GetErrorCode(check->parser);
    if (status != XML_STATUS_OK && error == XML_ERROR_NO_MEMORY) {
        return FSZ_ENOMEM;
    }
    if (status != XML_STATUS_OK) {
        return xmlcheck_tell(check, XML_ErrorString(error), ret_why, why_bytes);
    }
    if (check->found) {
        return FSZ_OK;
    }
    return check->not_found ? FSZ_ENOTFOUND
                            : xmlcheck_tell(check,
                                            "no <section> of the name asked for right "
                                            "below the root",
                                            ret_why, why_bytes);
}

fsz_err fsz_xmlcheck(const char *xml, size_t bytes, const char *section, char *ret_why,
                     size_t why_bytes)
{
    /* By way of these pointers a test can refuse expat memory too. */
    static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};
    if (bytes > FSZ_XML_BYTES_MAX) {
        snprintf(ret_why, why_bytes, "longer than 1 GiB");
        return FSZ_EINVALID;
    }
    struct xmlcheck check = {.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL),
                             .section = section};
    if (check.parser == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = xmlcheck_parse(&check, xml, bytes, ret_why, why_bytes);
    XML_ParserFree(check.parser);
    return err;
}
