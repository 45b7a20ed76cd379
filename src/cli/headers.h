/* SPDX-License-Identifier: MPL-2.0 */
/* headers.h - reads the headers of an event that was parsed from JSON. */
#ifndef FSZ_HEADERS_H
#define FSZ_HEADERS_H

#include <jansson.h>
#include <stdbool.h>

/* The member of that name, or NULL. Ignores letter case, as the switch does. Borrowed. */
const json_t *fsz_headers_find(const json_t *event, const char *name);

/* The text of that member, or the first text of an array; "" if there is none. Borrowed. */
const char *fsz_headers_text(const json_t *event, const char *name);

/* Whether the header, or one of its values, equals this text. */
bool fsz_headers_equal(const json_t *event, const char *name, const char *text);

#endif
