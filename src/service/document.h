/* SPDX-License-Identifier: MPL-2.0 */
/* document.h - an immutable XML document, shared by threads.
 *
 * Reference-counted; any thread. */
#ifndef FSZ_DOCUMENT_H
#define FSZ_DOCUMENT_H

#include "base/err.h"
#include "base/ref.h"

#include <stddef.h>

struct fsz_document {
    struct fsz_ref references;
    size_t         bytes; /* of the text, without its NUL */
    char           text[];
};

/* Copies the text. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_document_new(const char *text, size_t bytes,
                                       struct fsz_document **ret_document);
/* Returns its argument; accepts NULL. */
struct fsz_document *fsz_document_ref(struct fsz_document *document);
/* Accepts NULL in *document. */
void fsz_document_unref(struct fsz_document **document);

#endif
