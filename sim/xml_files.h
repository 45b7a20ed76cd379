/* SPDX-License-Identifier: MPL-2.0 */
/* xml_files.h - the simulated switch's built-in XML documents. Constant; any thread. */
#ifndef FSZ_XML_FILES_H
#define FSZ_XML_FILES_H

/* The document of this section whose element has the `name` `value` (letter case ignored); `value`
 * NULL: the first of the section. NULL: no such document. */
const char *fsz_document_find(const char *section, const char *value);

#endif
