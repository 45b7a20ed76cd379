/* document.h - an XML document that several threads may hold, and none changes.
 *
 * Counted; any thread. */
#ifndef FSZ_DOCUMENT_H
#define FSZ_DOCUMENT_H

#include "base/err.h"
#include "base/ref.h"

#include <stddef.h>

struct fsz_document {
    struct fsz_ref references;
    size_t         bytes; /* of the text; its NUL not counted */
    char           text[];
};

/* Copies the text. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_document_new(const char *text, size_t bytes,
                                       struct fsz_document **ret_document);
/* Accepts NULL, and returns what it got. */
struct fsz_document *fsz_document_ref(struct fsz_document *document);
/* Accepts NULL in *document. */
void fsz_document_unref(struct fsz_document **document);

#endif
