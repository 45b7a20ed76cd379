#include "service/document.h"

#include <stdlib.h>
#include <string.h>

fsz_err fsz_document_new(const char *text, size_t bytes, struct fsz_document **ret_document)
{
    struct fsz_document *document = malloc(sizeof(*document) + bytes + 1);
    if (document == NULL) {
        return FSZ_ENOMEM;
    }
    document->references = 0;
    document->bytes = bytes;
    memcpy(document->text, text, bytes);
    document->text[bytes] = '\0';
    *ret_document = document;
    return FSZ_OK;
}

struct fsz_document *fsz_document_ref(struct fsz_document *document)
{
    if (document != NULL) {
        document->references++;
    }
    return document;
}

void fsz_document_unref(struct fsz_document **document)
{
    struct fsz_document *d = *document;
    *document = NULL;
    if (d != NULL && d->references-- == 0) {
        free(d);
    }
}
