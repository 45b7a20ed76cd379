/* SPDX-License-Identifier: MPL-2.0 */
/* xml_cache.h - replies as FreeSWITCH's XML trees; a text that comes repeatedly is parsed once.
 *
 * FreeSWITCH shares its own XML between threads with a reference count: a tree with SWITCH_XML_ROOT
 * is freed by the switch_xml_free() that releases the last reference, under a lock of the switch.
 * No function adds a reference, so a tree gets all its references, XML_CACHE_SHARES, before it is
 * shared. Each lookup gets one, and the rest is released with switch_xml_free() when the document
 * is removed. A lookup must not change a shared tree: the caller says whether it only reads.
 *
 * A text is kept when it comes a second time. Any thread; the lock is held while the text is
 * compared, and for one parse of at most FSZ_DOCUMENT_BYTES_MAX every XML_CACHE_SHARES lookups. */
#ifndef FSZ_XML_CACHE_H
#define FSZ_XML_CACHE_H

#include "base/buffer.h"

#include <switch.h>

enum {
    FSZ_XML_CACHE_MAX = 1024,         /* documents kept; the least recently used is removed */
    FSZ_XML_CACHE_BYTES = 4 << 20,    /* of text kept; a tree takes about ten times as much */
    FSZ_DOCUMENT_BYTES_MAX = 1 << 16, /* longer ones are parsed each time */
    FSZ_DOCUMENT_WHY_BYTES = 256,
};

struct fsz_xml_cache;

FSZ_NODISCARD fsz_err fsz_xml_cache_new(struct fsz_xml_cache **ret_xml_cache);
/* Shared trees live until their users free them. Accepts NULL in *xml_cache. */
void fsz_xml_cache_free(struct fsz_xml_cache **xml_cache);

/* Parses the document in `xml`, and leaves `xml` empty. The lookup frees the tree with
 * switch_xml_free(). may_share: the lookup does not change it. NULL: FreeSWITCH's parser rejects
 * the document, or out of memory; ret_why says which. */
switch_xml_t fsz_xml_cache_parse(struct fsz_xml_cache *xml_cache, struct fsz_buffer *xml,
                                 bool may_share, char ret_why[FSZ_DOCUMENT_WHY_BYTES]);

#endif
