/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/xmlconf.h"

#include "base/buffer.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

#define XMLCONF_NAME "event_zmq.conf"

struct xmlconf_reader {
    const char          *name;
    struct fsz_problems *problems;
    bool                 has_doctype;
};

static const char *xmlconf_text(const xmlChar *text)
{
    return (const char *)text;
}

static void xmlconf_on_error(void *context, xmlErrorPtr error)
{
    struct xmlconf_reader *r = ((xmlParserCtxtPtr)context)->_private;
    const char            *message = error->message == NULL ? "not XML\n" : error->message;
    if (error->level > XML_ERR_WARNING && !r->has_doctype) {
        fsz_problems_add(r->problems, "%s: line %d: %.*s", r->name, error->line,
                         (int)strcspn(message, "\n"), message);
    }
}

/* A document type can declare entities. The parser stops before it reads any. */
static void xmlconf_on_doctype(void *context, const xmlChar *name, const xmlChar *external_id,
                               const xmlChar *system_id)
{
    (void)name;
    (void)external_id;
    (void)system_id;
    xmlParserCtxtPtr       parser = context;
    struct xmlconf_reader *r = parser->_private;
    fsz_problems_add(r->problems, "%s: line %d: a document type (<!DOCTYPE>) is not allowed",
                     r->name, parser->input == NULL ? 0 : parser->input->line);
    r->has_doctype = true;
    xmlStopParser(parser);
}

static xmlDocPtr xmlconf_document(struct xmlconf_reader *r, const char *bytes, size_t size)
{
    const int        options = XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA;
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL) {
        return NULL;
    }
    parser->_private = r;
    parser->sax->serror = xmlconf_on_error;
    parser->sax->internalSubset = xmlconf_on_doctype;
    xmlDocPtr doc = xmlCtxtReadMemory(parser, bytes, (int)size, NULL, NULL, options);
    xmlFreeParserCtxt(parser);
    return doc;
}

static bool xmlconf_is_configuration(xmlNodePtr node)
{
    if (node->type != XML_ELEMENT_NODE || strcmp(xmlconf_text(node->name), "configuration") != 0) {
        return false;
    }
    xmlChar *name = xmlGetNoNsProp(node, BAD_CAST "name");
    bool     is = name != NULL && strcmp(xmlconf_text(name), XMLCONF_NAME) == 0;
    xmlFree(name);
    return is;
}

/* The next node in document order: a child of `node`, or the node after it; NULL at the end. */
static xmlNodePtr xmlconf_next(xmlNodePtr node)
{
    if (node->type == XML_ELEMENT_NODE && node->children != NULL) {
        return node->children;
    }
    while (node->next == NULL) {
        node = node->parent;
        if (node == NULL || node->type != XML_ELEMENT_NODE) {
            return NULL;
        }
    }
    return node->next;
}

/* Reports what FreeSWITCH's preprocessor would have replaced before the XML is read. */
static void xmlconf_check_expanded(struct xmlconf_reader *r, xmlNodePtr node, const char *value)
{
    const char *variable = value == NULL ? NULL : strstr(value, "$${");
    if (variable != NULL) {
        fsz_problems_add(r->problems,
                         "%s: line %ld: %.*s: variables of FreeSWITCH are not known here; write "
                         "the value itself",
                         r->name, xmlGetLineNo(node), (int)strcspn(variable, "}") + 1, variable);
    }
    if (xmlStrcasecmp(node->name, BAD_CAST "X-PRE-PROCESS") == 0 && value == NULL) {
        fsz_problems_add(r->problems,
                         "%s: line %ld: <X-PRE-PROCESS>: there is no preprocessor here; write its "
                         "output instead",
                         r->name, xmlGetLineNo(node));
    }
}

static fsz_err xmlconf_copy_attrs(struct xmlconf_reader *r, xmlNodePtr from,
                                  struct fsz_confnode *to)
{
    for (xmlAttrPtr attr = from->properties; attr != NULL; attr = attr->next) {
        xmlChar *value = xmlNodeListGetString(from->doc, attr->children, 1);
        xmlconf_check_expanded(r, from, xmlconf_text(value));
        fsz_err err = fsz_confnode_set(to, xmlconf_text(attr->name),
                                       value == NULL ? "" : xmlconf_text(value));
        xmlFree(value);
        if (err != FSZ_OK) {
            return err;
        }
    }
    return FSZ_OK;
}

/* libxml2 limits the depth of the document, and so the recursion, to 256. */
static fsz_err xmlconf_copy(struct xmlconf_reader *r, xmlNodePtr from, struct fsz_confnode *parent,
                            struct fsz_confnode **ret_node)
{
    struct fsz_confnode *node =
        fsz_confnode_new(parent, xmlconf_text(from->name), (int)xmlGetLineNo(from));
    if (node == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_node = node;
    xmlconf_check_expanded(r, from, NULL);
    fsz_err err = xmlconf_copy_attrs(r, from, node);
    for (xmlNodePtr child = from->children; child != NULL && err == FSZ_OK; child = child->next) {
        struct fsz_confnode *copied = NULL;
        if (child->type == XML_ELEMENT_NODE) {
            err = xmlconf_copy(r, child, node, &copied);
        }
    }
    return err;
}

static fsz_err xmlconf_extract(struct xmlconf_reader *r, xmlDocPtr doc,
                               struct fsz_confnode **ret_root)
{
    xmlNodePtr node = xmlDocGetRootElement(doc);
    while (node != NULL && !xmlconf_is_configuration(node)) {
        node = xmlconf_next(node);
    }
    if (node == NULL) {
        fsz_problems_add(r->problems, "%s: has no <configuration name=\"" XMLCONF_NAME "\">",
                         r->name);
        return FSZ_EINVALID;
    }
    struct fsz_confnode *root = NULL;
    size_t               before = r->problems->count;
    fsz_err              err = xmlconf_copy(r, node, NULL, &root);
    if (err == FSZ_OK && r->problems->count > before) {
        err = FSZ_EINVALID;
    }
    if (err != FSZ_OK) {
        fsz_confnode_free(&root);
        return err;
    }
    *ret_root = root;
    return FSZ_OK;
}

fsz_err fsz_xmlconf_parse(const char *name, const char *bytes, size_t size,
                          struct fsz_confnode **ret_root, struct fsz_problems *problems)
{
    struct xmlconf_reader r = {.name = name, .problems = problems};
    size_t                before = problems->count;
    if (size > FSZ_XMLCONF_BYTES_MAX) {
        fsz_problems_add(problems, "%s: is larger than %d bytes", name, FSZ_XMLCONF_BYTES_MAX);
        return FSZ_EINVALID;
    }
    xmlDocPtr doc = xmlconf_document(&r, bytes, size);
    fsz_err   err = FSZ_EINVALID;
    if (doc != NULL && problems->count == before) {
        err = xmlconf_extract(&r, doc, ret_root);
    } else if (problems->count == before) {
        fsz_problems_add(problems, "%s: is not XML", name);
    }
    xmlFreeDoc(doc);
    return err;
}

enum { XMLCONF_CHUNK_BYTES = 16384 };

/* Reads the file, but stops once it is too large, which fsz_xmlconf_parse() then reports. */
static fsz_err xmlconf_load(FILE *file, struct fsz_buffer *content)
{
    char    chunk[XMLCONF_CHUNK_BYTES];
    size_t  size = 0;
    fsz_err err = FSZ_OK;
    while (err == FSZ_OK && content->size <= FSZ_XMLCONF_BYTES_MAX &&
           (size = fread(chunk, 1, sizeof chunk, file)) > 0) {
        err = fsz_buffer_append(content, chunk, size);
    }
    return ferror(file) ? FSZ_ESYSTEM : err;
}

fsz_err fsz_xmlconf_read(const char *path, struct fsz_confnode **ret_root,
                         struct fsz_problems *problems)
{
    struct fsz_buffer content;
    FILE             *file = fopen(path, "re");
    fsz_err           err = file == NULL ? FSZ_ESYSTEM : FSZ_OK;
    fsz_buffer_init(&content, FSZ_XMLCONF_BYTES_MAX + XMLCONF_CHUNK_BYTES);
    if (err == FSZ_OK) {
        err = xmlconf_load(file, &content);
    }
    if (err == FSZ_ESYSTEM) {
        fsz_problems_add(problems, "%s: %s", path, strerror(errno));
        err = FSZ_EINVALID;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (err == FSZ_OK) {
        err = fsz_xmlconf_parse(path, (const char *)content.data, content.size, ret_root, problems);
    }
    fsz_buffer_fini(&content);
    return err;
}
