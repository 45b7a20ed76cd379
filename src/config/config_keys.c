/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config_keys.h"

#include "base/near.h"
#include "config/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct fsz_config            keys_of_SETTINGS;
typedef struct fsz_socket_config     keys_of_SOCKET;
typedef struct fsz_stream_config     keys_of_STREAM;
typedef struct fsz_api_socket_config keys_of_API_SOCKET;
typedef struct fsz_group_config      keys_of_GROUP;
typedef struct fsz_service_config    keys_of_SERVICE;
typedef struct fsz_binding_config    keys_of_BINDING;

/* So the offset of a SOCKET key is valid in both, and an endpoint can be added to all three. */
static_assert(offsetof(struct fsz_stream_config, socket) == 0, "the socket comes first");
static_assert(offsetof(struct fsz_api_socket_config, socket) == 0, "the socket comes first");
static_assert(offsetof(struct fsz_service_config, socket) == 0, "the socket comes first");

/* The count of a NAMES key must follow the pointer. */
static_assert(offsetof(struct fsz_stream_config, topic_count) ==
                  offsetof(struct fsz_stream_config, topic) + sizeof(char **),
              "the count follows");
static_assert(offsetof(struct fsz_binding_config, cache_param_count) ==
                  offsetof(struct fsz_binding_config, cache_params) + sizeof(char **),
              "the count follows");

const struct fsz_config_key fsz_config_keys[FSZ_CONFIG_KEYS] = {
#define FSZ_KEY(scope, name, type, field, fallback, min, max, unit, words, help)                   \
    {FSZ_SCOPE_##scope,                                                                            \
     name,                                                                                         \
     FSZ_KEY_##type,                                                                               \
     offsetof(keys_of_##scope, field),                                                             \
     fallback,                                                                                     \
     min,                                                                                          \
     max,                                                                                          \
     unit,                                                                                         \
     words,                                                                                        \
     help},
#include "config/config_keys.def"
#undef FSZ_KEY
};

bool fsz_config_key_is_in(const struct fsz_config_key *key, enum fsz_key_scope element)
{
    return key->scope == element ||
           (key->scope == FSZ_SCOPE_SOCKET &&
            (element == FSZ_SCOPE_STREAM || element == FSZ_SCOPE_API_SOCKET));
}

const struct fsz_config_key *fsz_config_key_find(enum fsz_key_scope element, const char *name)
{
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        if (fsz_config_key_is_in(&fsz_config_keys[i], element) &&
            strcmp(fsz_config_keys[i].name, name) == 0) {
            return &fsz_config_keys[i];
        }
    }
    return NULL;
}

const struct fsz_config_key *fsz_config_key_near(enum fsz_key_scope element, const char *name)
{
    const struct fsz_config_key *nearest = NULL;
    size_t                       least = SIZE_MAX;
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        size_t distance = fsz_config_key_is_in(&fsz_config_keys[i], element)
                              ? fsz_near_distance(name, strlen(name), fsz_config_keys[i].name)
                              : least;
        if (distance < least) {
            least = distance;
            nearest = &fsz_config_keys[i];
        }
    }
    return nearest;
}

bool fsz_config_key_repeats(const struct fsz_config_key *key)
{
    return key->type == FSZ_KEY_BIND || key->type == FSZ_KEY_CONNECT || key->type == FSZ_KEY_ACL ||
           key->type == FSZ_KEY_GRANT || key->type == FSZ_KEY_GRANTS;
}

enum fsz_right fsz_config_key_right(const struct fsz_config_key *key)
{
    enum fsz_right right = 0;
    while (right + 1 < FSZ_RIGHTS && strcmp(fsz_right_name(right), key->name) != 0) {
        right++;
    }
    return right;
}

/* Writes a size as in the file: 1024 as 1K, if it divides evenly. */
static void keys_size_text(int64_t bytes, char *ret_text, size_t text_bytes)
{
    static const char units[] = {'\0', 'K', 'M', 'G'};
    size_t            unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < sizeof units) {
        bytes /= 1024;
        unit++;
    }
    snprintf(ret_text, text_bytes, "%" PRId64 "%.1s", bytes, &units[unit]);
}

static void keys_allowed_sizes(const struct fsz_config_key *key, char *ret_text, size_t bytes)
{
    char min[32];
    char max[32];
    keys_size_text(key->min, min, sizeof min);
    keys_size_text(key->max, max, sizeof max);
    snprintf(ret_text, bytes, "a number of bytes from %s to %s; K, M or G may follow it", min, max);
}

/* Writes "a b c" as "a, b or c". */
static void keys_allowed_words(const struct fsz_config_key *key, char *ret_text, size_t bytes)
{
    size_t      used = 0;
    const char *last = strrchr(key->words, ' ');
    for (const char *c = key->words; *c != '\0' && used + 5 < bytes; c++) {
        const char *piece = *c != ' ' ? NULL : c == last ? " or " : ", ";
        used += (size_t)snprintf(ret_text + used, bytes - used, "%.*s", piece ? 4 : 1,
                                 piece ? piece : c);
    }
}

static const char *keys_allowed_fixed(enum fsz_key_type type)
{
    switch (type) {
    case FSZ_KEY_BOOL:
        return "true or false";
    case FSZ_KEY_PATH:
        return "a path that begins with /";
    case FSZ_KEY_PATTERN:
        return "a pattern of at least one character; * stands for any text";
    case FSZ_KEY_PUBLIC:
        return "a public key (40 characters of Z85), or the path of its certificate, which begins "
               "with /";
    case FSZ_KEY_SELECTION:
        return "event names or Name/subclass, separated by blanks or commas; * stands for any text";
    case FSZ_KEY_INCLUDE:
    case FSZ_KEY_EXCLUDE:
    case FSZ_KEY_REDACT:
        return "header names, separated by blanks or commas; a name may end with *";
    case FSZ_KEY_BIND:
    case FSZ_KEY_CONNECT:
        return "an endpoint of transport tcp, ipc, inproc, pgm or epgm";
    case FSZ_KEY_GRANT:
        return "one pattern, without blanks at its ends";
    default:
        return "the name of an access list, without blanks";
    }
}

/* What `*` stands for in the patterns of a right, if a short phrase can say it. */
static const char *keys_star(enum fsz_right right)
{
    switch (right) {
    case FSZ_RIGHT_EVENTS:
        return "; * stands for any text, only at the end";
    case FSZ_RIGHT_ENDPOINTS:
    case FSZ_RIGHT_FILES:
    case FSZ_RIGHT_CONTEXTS:
        return "";
    default:
        return "; * stands for any text";
    }
}

void fsz_config_key_allowed(const struct fsz_config_key *key, char *ret_text, size_t bytes)
{
    switch (key->type) {
    case FSZ_KEY_NUMBER:
        snprintf(ret_text, bytes, "a number from %" PRId64 " to %" PRId64, key->min, key->max);
        break;
    case FSZ_KEY_OCTAL:
        snprintf(ret_text, bytes, "octal digits from 0 to 0%" PRIo64, key->max);
        break;
    case FSZ_KEY_SIZE:
        keys_allowed_sizes(key, ret_text, bytes);
        break;
    case FSZ_KEY_WORDS:
        keys_allowed_words(key, ret_text, bytes);
        strncat(ret_text, "; several with blanks or commas between them",
                bytes - strlen(ret_text) - 1);
        break;
    case FSZ_KEY_CHOICE:
        keys_allowed_words(key, ret_text, bytes);
        break;
    case FSZ_KEY_NAME:
        snprintf(ret_text, bytes, "the name of a %s", key->words);
        break;
    case FSZ_KEY_NAMES:
        snprintf(ret_text, bytes,
                 "%" PRId64 " to %" PRId64 " header names, separated by blanks or commas", key->min,
                 key->max);
        break;
    case FSZ_KEY_GRANTS:
        snprintf(ret_text, bytes, "patterns, separated by blanks or commas%s",
                 keys_star(fsz_config_key_right(key)));
        break;
    default:
        snprintf(ret_text, bytes, "%s", keys_allowed_fixed(key->type));
    }
}
