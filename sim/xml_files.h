/* documents.h - the XML that the simulated switch has of its own. Constant; any thread. */
#ifndef FSZ_DOCUMENTS_H
#define FSZ_DOCUMENTS_H

/* A document whose section, and the `name` of whose element, are these (letter case ignored);
 * `value` NULL: the first of the section. NULL: there is none. */
const char *fsz_document_find(const char *section, const char *value);

#endif
