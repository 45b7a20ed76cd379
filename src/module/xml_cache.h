/* documents.h - answers as FreeSWITCH's trees; what comes again and again is parsed once.
 *
 * FreeSWITCH hands its own XML to many threads at once by counting: a tree with SWITCH_XML_ROOT is
 * freed by the switch_xml_free() that gives the last reference back, under a lock of the switch.
 * There is no function that adds a reference, so a tree has all that it will ever have before
 * anybody sees it: DOCUMENTS_SHARES, of which each lookup gets one, and what is left is given back
 * in the same way when the document is forgotten. Who gets a shared tree must not change it: the
 * caller says whose lookup it is.
 *
 * A text is kept when it comes a second time. Any thread; a lock is held for the comparison of
 * the text, and for one parse of at most FSZ_DOCUMENT_BYTES_MAX every DOCUMENTS_SHARES lookups. */
#ifndef FSZ_XML_CACHE_H
#define FSZ_XML_CACHE_H

#include "base/buffer.h"

#include <switch.h>

enum {
    FSZ_XML_CACHE_MAX = 1024,      /* kept at once; the one that was not used longest goes */
    FSZ_XML_CACHE_BYTES = 4 << 20, /* of text kept at once; a tree takes some ten times as much */
    FSZ_DOCUMENT_BYTES_MAX = 1 << 16, /* longer ones are parsed each time */
    FSZ_DOCUMENT_WHY_BYTES = 256,
};

struct fsz_xml_cache;

FSZ_NODISCARD fsz_err fsz_xml_cache_new(struct fsz_xml_cache **ret_xml_cache);
/* Trees that are handed out live on until they are freed. Accepts NULL in *documents. */
void fsz_xml_cache_free(struct fsz_xml_cache **xml_cache);

/* The document in `xml`, which is empty after that, for one lookup, which frees it with
 * switch_xml_free(); may_share: and does not change it. NULL: FreeSWITCH's parser does not take it,
 * or out of memory; ret_why says what. */
switch_xml_t fsz_xml_cache_parse(struct fsz_xml_cache *xml_cache, struct fsz_buffer *xml,
                                 bool may_share, char ret_why[FSZ_DOCUMENT_WHY_BYTES]);

#endif
