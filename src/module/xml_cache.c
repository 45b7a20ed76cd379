/* SPDX-License-Identifier: MPL-2.0 */
#include "module/xml_cache.h"

#define HASH_NONFATAL_OOM 1
#include <pthread.h>
#include <uthash.h>

enum {
    XML_CACHE_SHARES = 256,   /* lookups per parse */
    XML_CACHE_SEEN = 1 << 12, /* hashes of texts that have come once */
};

struct document {
    char          *text; /* unchanged: parsing changes its copy in place */
    size_t         size;
    switch_xml_t   tree; /* while shares_left > 0 */
    unsigned       shares_left;
    bool           used; /* since it was last considered for removal */
    UT_hash_handle hh;
};

struct fsz_xml_cache {
    pthread_mutex_t  lock;
    struct document *kept; /* in the order of removal */
    size_t           bytes;
    unsigned         seen[XML_CACHE_SEEN];
};

/* Takes over the text. */
static switch_xml_t xml_cache_parse_text(char *text, char *ret_why)
{
    switch_xml_t tree = text != NULL ? switch_xml_parse_str_dynamic(text, SWITCH_FALSE) : NULL;
    if (tree == NULL) {
        switch_snprintf(ret_why, FSZ_DOCUMENT_WHY_BYTES, "out of memory");
        free(text);
        return NULL;
    }
    if (*switch_xml_error(tree) != '\0') {
        switch_snprintf(ret_why, FSZ_DOCUMENT_WHY_BYTES, "%s", switch_xml_error(tree));
        switch_xml_free(tree);
        return NULL;
    }
    return tree;
}

static void document_free(struct document *document)
{
    for (; document->shares_left > 0; document->shares_left--) {
        switch_xml_free(document->tree); /* the last reference frees it, here or in a lookup */
    }
    free(document->text);
    free(document);
}

/* Returns one reference; NULL as xml_cache_parse_text(). */
static switch_xml_t document_share(struct document *document, char *ret_why)
{
    if (document->shares_left == 0) {
        char *copy = malloc(document->size + 1);
        if (copy != NULL) {
            memcpy(copy, document->text, document->size + 1);
        }
        document->tree = xml_cache_parse_text(copy, ret_why);
        if (document->tree == NULL) {
            return NULL;
        }
        switch_set_flag(document->tree, SWITCH_XML_ROOT);
        document->tree->refs = document->shares_left = XML_CACHE_SHARES;
    }
    document->used = true;
    document->shares_left--;
    return document->tree;
}

static void xml_cache_forget(struct fsz_xml_cache *xml_cache, struct document *document)
{
    HASH_DEL(xml_cache->kept, document);
    xml_cache->bytes -= document->size;
    document_free(document);
}

/* Removes documents that were not used since they were last considered, until there is room. */
static void xml_cache_make_room(struct fsz_xml_cache *xml_cache, size_t size)
{
    while (xml_cache->kept != NULL && (HASH_COUNT(xml_cache->kept) >= FSZ_XML_CACHE_MAX ||
                                       xml_cache->bytes + size > FSZ_XML_CACHE_BYTES)) {
        struct document *oldest = xml_cache->kept;
        if (!oldest->used) {
            xml_cache_forget(xml_cache, oldest);
            continue;
        }
        unsigned hash = oldest->hh.hashv;
        oldest->used = false;
        HASH_DEL(xml_cache->kept, oldest);
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, xml_cache->kept, oldest->text, oldest->size, hash, oldest);
        if (oldest->hh.tbl == NULL) { /* out of memory */
            xml_cache->bytes -= oldest->size;
            document_free(oldest);
        }
    }
}

/* Keeps a text that has come before. NULL: it comes for the first time, or out of memory. */
static struct document *xml_cache_keep(struct fsz_xml_cache    *xml_cache,
                                       const struct fsz_buffer *xml, unsigned hash)
{
    unsigned *seen = &xml_cache->seen[hash % XML_CACHE_SEEN];
    if (*seen != hash) {
        *seen = hash;
        return NULL;
    }
    xml_cache_make_room(xml_cache, xml->size);
    struct document *document = calloc(1, sizeof *document);
    char            *text = malloc(xml->size + 1);
    if (document != NULL && text != NULL) {
        memcpy(text, xml->data, xml->size);
        text[xml->size] = '\0';
        *document = (struct document){.text = text, .size = xml->size};
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, xml_cache->kept, text, xml->size, hash, document);
        if (document->hh.tbl != NULL) {
            xml_cache->bytes += document->size;
            return document;
        }
    }
    free(text);
    free(document);
    return NULL;
}

/* A reference to a shared tree. NULL: the text is not kept. */
static switch_xml_t xml_cache_share(struct fsz_xml_cache *xml_cache, const struct fsz_buffer *xml,
                                    char *ret_why)
{
    unsigned         hash;
    struct document *document = NULL;
    HASH_VALUE(xml->data, xml->size, hash);
    pthread_mutex_lock(&xml_cache->lock);
    HASH_FIND_BYHASHVALUE(hh, xml_cache->kept, xml->data, xml->size, hash, document);
    if (document == NULL) {
        document = xml_cache_keep(xml_cache, xml, hash);
    }
    switch_xml_t tree = document != NULL ? document_share(document, ret_why) : NULL;
    pthread_mutex_unlock(&xml_cache->lock);
    return tree;
}

switch_xml_t fsz_xml_cache_parse(struct fsz_xml_cache *xml_cache, struct fsz_buffer *xml,
                                 bool may_share, char ret_why[FSZ_DOCUMENT_WHY_BYTES])
{
    switch_xml_t tree = NULL;
    if (may_share && xml->size > 0 && xml->size <= FSZ_DOCUMENT_BYTES_MAX) {
        tree = xml_cache_share(xml_cache, xml, ret_why);
    }
    if (tree == NULL) {
        tree = xml_cache_parse_text(fsz_buffer_give(xml), ret_why);
    }
    fsz_buffer_fini(xml);
    return tree;
}

fsz_err fsz_xml_cache_new(struct fsz_xml_cache **ret_xml_cache)
{
    struct fsz_xml_cache *xml_cache = calloc(1, sizeof *xml_cache);
    if (xml_cache == NULL) {
        return FSZ_ENOMEM;
    }
    pthread_mutex_init(&xml_cache->lock, NULL);
    *ret_xml_cache = xml_cache;
    return FSZ_OK;
}

void fsz_xml_cache_free(struct fsz_xml_cache **xml_cache)
{
    if (*xml_cache == NULL) {
        return;
    }
    while ((*xml_cache)->kept != NULL) {
        xml_cache_forget(*xml_cache, (*xml_cache)->kept);
    }
    pthread_mutex_destroy(&(*xml_cache)->lock);
    free(*xml_cache);
    *xml_cache = NULL;
}
