/* SPDX-License-Identifier: MPL-2.0 */
/* config_keys.h - the table of configuration keys (config_keys.def), for the parser and the docs.
 *
 * Constant data; any thread. */
#ifndef FSZ_CONFIG_KEYS_H
#define FSZ_CONFIG_KEYS_H

#include "config/grants.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a key is valid: SOCKET in both <stream> and <api-socket>, the others in one element. */
enum fsz_key_scope {
    FSZ_SCOPE_SETTINGS,
    FSZ_SCOPE_SOCKET,
    FSZ_SCOPE_STREAM,
    FSZ_SCOPE_API_SOCKET,
    FSZ_SCOPE_GROUP,
    FSZ_SCOPE_SERVICE,
    FSZ_SCOPE_BINDING
};

enum fsz_key_type {
    FSZ_KEY_NUMBER,    /* int64_t */
    FSZ_KEY_SIZE,      /* int64_t; K, M or G may follow */
    FSZ_KEY_OCTAL,     /* int64_t */
    FSZ_KEY_BOOL,      /* bool */
    FSZ_KEY_CHOICE,    /* an enum, stored as int */
    FSZ_KEY_WORDS,     /* several of the words of a CHOICE; a uint32_t, bit 0 is the first */
    FSZ_KEY_PATH,      /* char *, malloc'ed; absolute */
    FSZ_KEY_NAME,      /* char *, malloc'ed; not empty */
    FSZ_KEY_PATTERN,   /* char *, malloc'ed; not empty */
    FSZ_KEY_PUBLIC,    /* char *, malloc'ed: a public key, or the absolute path of its file */
    FSZ_KEY_SELECTION, /* struct fsz_selection * */
    FSZ_KEY_NAMES,     /* char **, with the count in the size_t after it */
    FSZ_KEY_BIND,      /* these may be repeated */
    FSZ_KEY_CONNECT,
    FSZ_KEY_ACL,
    FSZ_KEY_GRANT,   /* one pattern of the right that the key is named after (grants.h) */
    FSZ_KEY_GRANTS,  /* several patterns of that right */
    FSZ_KEY_INCLUDE, /* these three make one struct fsz_fields */
    FSZ_KEY_EXCLUDE,
    FSZ_KEY_REDACT,
};

struct fsz_config_key {
    enum fsz_key_scope scope;
    const char        *name;
    enum fsz_key_type  type;
    size_t             offset;   /* of the member in its scope's struct */
    const char        *fallback; /* the default as written in the file; NULL: none */
    int64_t            min, max;
    const char        *unit;  /* or NULL */
    const char        *words; /* of CHOICE and WORDS, separated by blanks; what a NAME names */
    const char        *help;  /* plain text; literals are in backquotes */
};

enum {
#define FSZ_KEY(...) +1 /* NOLINT(bugprone-macro-parentheses): a term of the sum below */
    FSZ_CONFIG_KEYS =
#include "config/config_keys.def"
#undef FSZ_KEY
};

extern const struct fsz_config_key fsz_config_keys[FSZ_CONFIG_KEYS];

struct fsz_config_param {
    const char *name, *value;
};

/* The grants of the default group if there is no <groups>; ends with a NULL name. */
extern const struct fsz_config_param fsz_config_default_grants[];

/* Is the key valid in an element of that scope? SOCKET is not an element. */
bool fsz_config_key_is_in(const struct fsz_config_key *key, enum fsz_key_scope element);
/* NULL: no such key in that element. */
const struct fsz_config_key *fsz_config_key_find(enum fsz_key_scope element, const char *name);
/* The key of that element whose name is nearest to `name`; NULL: none is near. */
const struct fsz_config_key *fsz_config_key_near(enum fsz_key_scope element, const char *name);
bool                         fsz_config_key_repeats(const struct fsz_config_key *key);
/* The right that a GRANT or GRANTS key is named after. */
enum fsz_right fsz_config_key_right(const struct fsz_config_key *key);
/* Describes the allowed values of the key ("a number from 1 to 16"), as part of a sentence. Writes
 * at most `bytes` into ret_text, including the NUL. */
void fsz_config_key_allowed(const struct fsz_config_key *key, char *ret_text, size_t bytes);

#endif
