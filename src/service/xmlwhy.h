/* SPDX-License-Identifier: MPL-2.0 */
/* xmlwhy.h - why a text is not XML, and what to change.
 *
 * The reasons quote nothing of the text. Any thread. */
#ifndef FSZ_XMLWHY_H
#define FSZ_XMLWHY_H

#include <expat.h>
#include <stddef.h>

enum { FSZ_XMLWHY_BYTES = 112 }; /* enough for every text of fsz_xmlwhy(), with its NUL */

/* Why expat refused the text at *at. Moves *at to the mistake itself if that is elsewhere. Static
 * storage, never NULL. */
const char *fsz_xmlwhy(enum XML_Error error, const char *text, size_t bytes, size_t *at);

/* Line and column of a byte, both from 1. Columns count UTF-8 characters. */
void fsz_xmlwhy_place(const char *text, size_t bytes, size_t at, size_t *ret_line,
                      size_t *ret_column);

#endif
