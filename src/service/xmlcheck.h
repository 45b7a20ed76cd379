/* xmlcheck.h - may the switch be given this text as XML?
 *
 * A switch's own parser takes much that is no XML, expands entities, and goes as deep as it is
 * led. What comes from outside is read by expat first (decision 8). Nothing is kept; any thread. */
#ifndef FSZ_XMLCHECK_H
#define FSZ_XMLCHECK_H

#include "base/err.h"

#include <stddef.h>

enum {
    FSZ_XML_DEPTH_MAX = 64,     /* of elements in elements, the root counted */
    FSZ_XML_WHY_BYTES = 184,    /* all of ret_why's texts fit */
    FSZ_XML_BYTES_MAX = 1 << 30 /* of one text */
};

/* Is it one well-formed document, in UTF-8 whatever it says itself, without a DOCTYPE (so without
 * entities of its own), nested at most FSZ_XML_DEPTH_MAX deep, with a <section name="SECTION">
 * right below its root? FSZ_OK. FSZ_ENOTFOUND: it says that there is no such thing, as mod_xml_curl
 * understands it: no text but white space; a <document> without any <section>; a <result
 * status="not found"/> in a section "result", or alone in the section that is asked for.
 * FSZ_EINVALID: ret_why has line, column, reason and what to change, nothing of the text itself.
 * FSZ_ENOMEM. White space and byte order marks at the start do not count. As in the switch, the
 * letter case of names of sections and of the status does not count. */
FSZ_NODISCARD fsz_err fsz_xmlcheck(const char *xml, size_t bytes, const char *section,
                                   char *ret_why, size_t why_bytes);

#endif
