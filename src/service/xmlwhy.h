/* xmlwhy.h - why a text is not XML, in words that say what to change.
 *
 * Nothing of the text itself is in the words. Any thread. */
#ifndef FSZ_XMLWHY_H
#define FSZ_XMLWHY_H

#include <expat.h>
#include <stddef.h>

enum { FSZ_XMLWHY_BYTES = 112 }; /* every text of fsz_xmlwhy() fits, with its NUL */

/* Why expat refused the text, where it stopped *at. Moves *at to the mistake itself where that is
 * elsewhere. A constant text, never NULL. */
const char *fsz_xmlwhy(enum XML_Error error, const char *text, size_t bytes, size_t *at);

/* Line and column of a byte, both from 1; a column is a character of UTF-8. */
void fsz_xmlwhy_place(const char *text, size_t bytes, size_t at, size_t *ret_line,
                      size_t *ret_column);

#endif
