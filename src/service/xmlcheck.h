/* SPDX-License-Identifier: MPL-2.0 */
/* xmlcheck.h - may the switch be given this text as XML?
 *
 * The switch's own parser accepts text that is not XML, expands entities, and has no limit of
 * depth. So expat reads text from outside first (decision 9). Keeps no state; any thread. */
#ifndef FSZ_XMLCHECK_H
#define FSZ_XMLCHECK_H

#include "base/err.h"

#include <stddef.h>

enum {
    FSZ_XML_DEPTH_MAX = 64,     /* of nested elements, including the root */
    FSZ_XML_WHY_BYTES = 184,    /* enough for every text of ret_why */
    FSZ_XML_BYTES_MAX = 1 << 30 /* of one text */
};

/* FSZ_OK: one well-formed document in UTF-8, whatever encoding it declares, without a DOCTYPE (so
 * without entities of its own), nested at most FSZ_XML_DEPTH_MAX deep, with a
 * <section name="SECTION"> directly below its root. FSZ_ENOTFOUND: it means "not found", as
 * mod_xml_curl understands it: only white space; a <document> without any <section>; a
 * <result status="not found"/> in a section "result", or alone in the requested section.
 * FSZ_EINVALID: ret_why has line, column, reason and what to change, but nothing of the text.
 * FSZ_ENOMEM. White space and byte order marks at the start are skipped. As in the switch, names of
 * sections and the status are compared without case. */
FSZ_NODISCARD fsz_err fsz_xmlcheck(const char *xml, size_t bytes, const char *section,
                                   char *ret_why, size_t why_bytes);

#endif
