/* SPDX-License-Identifier: MPL-2.0 */
#include "service/document.h"

#include "base/ref.h"

#include <stdlib.h>
#include <string.h>

fsz_err fsz_document_new(const char *text, size_t bytes, struct fsz_document **ret_document)
{
    struct fsz_document *document = malloc(sizeof(*document) + bytes + 1);
    if (document == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&document->references, 1);
    document->bytes = bytes;
    memcpy(document->text, text, bytes);
    document->text[bytes] = '\0';
    *ret_document = document;
    return FSZ_OK;
}

struct fsz_document *fsz_document_ref(struct fsz_document *document)
{
    if (document != NULL) {
        fsz_ref_take(&document->references);
    }
    return document;
}

void fsz_document_unref(struct fsz_document **document)
{
    struct fsz_document *d = *document;
    *document = NULL;
    if (d != NULL && fsz_ref_drop(&d->references)) {
        free(d);
    }
}
