/* headers.h - reading an event that was parsed from JSON. */
#ifndef FSZ_HEADERS_H
#define FSZ_HEADERS_H

#include <jansson.h>
#include <stdbool.h>

/* The member of that name, letter case ignored as the switch does it, or NULL. Borrowed. */
const json_t *fsz_headers_find(const json_t *event, const char *name);

/* Its text; of an array the first text; "" if there is none. Borrowed from the event. */
const char *fsz_headers_text(const json_t *event, const char *name);

/* Whether the header, or one of its values, is exactly this text. */
bool fsz_headers_equal(const json_t *event, const char *name, const char *text);

#endif
