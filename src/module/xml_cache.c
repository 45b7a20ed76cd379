#include "module/xml_cache.h"

#define HASH_NONFATAL_OOM 1
#include <pthread.h>
#include <uthash.h>

enum {
    DOCUMENTS_SHARES = 256,   /* lookups that one parse serves */
    DOCUMENTS_SEEN = 1 << 12, /* hashes of texts that came once */
};

struct document {
    char          *text; /* as it came: parsing changes a text in place */
    size_t         size;
    switch_xml_t   tree; /* while shares_left > 0 */
    unsigned       shares_left;
    bool           used; /* since it was looked at for removal */
    UT_hash_handle hh;
};

struct fsz_documents {
    pthread_mutex_t  lock;
    struct document *kept; /* in the order in which they are looked at for removal */
    size_t           bytes;
    unsigned         seen[DOCUMENTS_SEEN];
};

/* Owns the text. */
static switch_xml_t documents_parse_text(char *text, char *ret_why)
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
        switch_xml_free(document->tree); /* the last one frees it, be that this or a lookup's */
    }
    free(document->text);
    free(document);
}

/* One reference; NULL as documents_parse_text(). */
static switch_xml_t document_share(struct document *document, char *ret_why)
{
    if (document->shares_left == 0) {
        char *copy = malloc(document->size + 1);
        if (copy != NULL) {
            memcpy(copy, document->text, document->size + 1);
        }
        document->tree = documents_parse_text(copy, ret_why);
        if (document->tree == NULL) {
            return NULL;
        }
        switch_set_flag(document->tree, SWITCH_XML_ROOT);
        document->tree->refs = document->shares_left = DOCUMENTS_SHARES;
    }
    document->used = true;
    document->shares_left--;
    return document->tree;
}

static void documents_forget(struct fsz_documents *documents, struct document *document)
{
    HASH_DEL(documents->kept, document);
    documents->bytes -= document->size;
    document_free(document);
}

/* Removes what was not used since it was last looked at here, until there is room. */
static void documents_make_room(struct fsz_documents *documents, size_t size)
{
    while (documents->kept != NULL && (HASH_COUNT(documents->kept) >= FSZ_DOCUMENTS_MAX ||
                                       documents->bytes + size > FSZ_DOCUMENTS_BYTES)) {
        struct document *oldest = documents->kept;
        if (!oldest->used) {
            documents_forget(documents, oldest);
            continue;
        }
        unsigned hash = oldest->hh.hashv;
        oldest->used = false;
        HASH_DEL(documents->kept, oldest);
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, documents->kept, oldest->text, oldest->size, hash, oldest);
        if (oldest->hh.tbl == NULL) { /* out of memory */
            documents->bytes -= oldest->size;
            document_free(oldest);
        }
    }
}

/* Keeps a text that came before. NULL: this is the first time, or out of memory. */
static struct document *documents_keep(struct fsz_documents    *documents,
                                       const struct fsz_buffer *xml, unsigned hash)
{
    unsigned *seen = &documents->seen[hash % DOCUMENTS_SEEN];
    if (*seen != hash) {
        *seen = hash;
        return NULL;
    }
    documents_make_room(documents, xml->size);
    struct document *document = calloc(1, sizeof *document);
    char            *text = malloc(xml->size + 1);
    if (document != NULL && text != NULL) {
        memcpy(text, xml->data, xml->size);
        text[xml->size] = '\0';
        *document = (struct document){.text = text, .size = xml->size};
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, documents->kept, text, xml->size, hash, document);
        if (document->hh.tbl != NULL) {
            documents->bytes += document->size;
            return document;
        }
    }
    free(text);
    free(document);
    return NULL;
}

/* NULL: it is not shared. */
static switch_xml_t documents_share(struct fsz_documents *documents, const struct fsz_buffer *xml,
                                    char *ret_why)
{
    unsigned         hash;
    struct document *document = NULL;
    HASH_VALUE(xml->data, xml->size, hash);
    pthread_mutex_lock(&documents->lock);
    HASH_FIND_BYHASHVALUE(hh, documents->kept, xml->data, xml->size, hash, document);
    if (document == NULL) {
        document = documents_keep(documents, xml, hash);
    }
    switch_xml_t tree = document != NULL ? document_share(document, ret_why) : NULL;
    pthread_mutex_unlock(&documents->lock);
    return tree;
}

switch_xml_t fsz_documents_parse(struct fsz_documents *documents, struct fsz_buffer *xml,
                                 bool may_share, char ret_why[FSZ_DOCUMENT_WHY_BYTES])
{
    switch_xml_t tree = NULL;
    if (may_share && xml->size > 0 && xml->size <= FSZ_DOCUMENT_BYTES_MAX) {
        tree = documents_share(documents, xml, ret_why);
    }
    if (tree == NULL) {
        tree = documents_parse_text(fsz_buffer_give(xml), ret_why);
    }
    fsz_buffer_fini(xml);
    return tree;
}

fsz_err fsz_documents_new(struct fsz_documents **ret_documents)
{
    struct fsz_documents *documents = calloc(1, sizeof *documents);
    if (documents == NULL) {
        return FSZ_ENOMEM;
    }
    pthread_mutex_init(&documents->lock, NULL);
    *ret_documents = documents;
    return FSZ_OK;
}

void fsz_documents_free(struct fsz_documents **documents)
{
    if (*documents == NULL) {
        return;
    }
    while ((*documents)->kept != NULL) {
        documents_forget(*documents, (*documents)->kept);
    }
    pthread_mutex_destroy(&(*documents)->lock);
    free(*documents);
    *documents = NULL;
}
