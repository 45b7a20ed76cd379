#include "grants.h"

#include "glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct grants_list {
    char **patterns;
    size_t count;
    bool   all; /* `*` is one of them */
};

struct fsz_grants {
    struct grants_list rights[FSZ_RIGHTS];
};

/* `name_end`: the characters that end the name in which letter case is ignored; "": the whole text
 * is name. NULL: letter case counts everywhere. */
static const struct {
    const char *name;
    const char *name_end;
} grants_rights[FSZ_RIGHTS] = {
    [FSZ_RIGHT_STREAMS] = {"streams", NULL},
    [FSZ_RIGHT_EVENTS] = {"events", "/"},
    [FSZ_RIGHT_METHODS] = {"methods", NULL},
    [FSZ_RIGHT_API] = {"api", " "},
    [FSZ_RIGHT_JSON_API] = {"json-api", ""},
    [FSZ_RIGHT_APPLICATIONS] = {"applications", " "},
    [FSZ_RIGHT_SEND_EVENTS] = {"send-events", "/"},
    [FSZ_RIGHT_VARIABLES] = {"variables", ""},
    [FSZ_RIGHT_SERVICES] = {"services", NULL},
    [FSZ_RIGHT_SECTIONS] = {"sections", NULL},
    [FSZ_RIGHT_CONTROLLED_CALLS] = {"controlled-calls", NULL},
};

fsz_err fsz_grants_new(struct fsz_grants **ret_grants)
{
    struct fsz_grants *grants = calloc(1, sizeof(*grants));
    if (grants == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_grants = grants;
    return FSZ_OK;
}

void fsz_grants_free(struct fsz_grants **grants)
{
    struct fsz_grants *g = *grants;
    *grants = NULL;
    for (size_t right = 0; g != NULL && right < FSZ_RIGHTS; right++) {
        for (size_t i = 0; i < g->rights[right].count; i++) {
            free(g->rights[right].patterns[i]);
        }
        free(g->rights[right].patterns);
    }
    free(g);
}

static bool grants_is_event(enum fsz_right right)
{
    return right == FSZ_RIGHT_EVENTS || right == FSZ_RIGHT_SEND_EVENTS;
}

static bool grants_pattern_valid(enum fsz_right right, const char *pattern, size_t length)
{
    if (length == 0 || pattern[0] == ' ' || pattern[length - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)pattern[i] < 0x20 || pattern[i] == 0x7f) {
            return false;
        }
    }
    const char *star = strchr(pattern, '*');
    return right != FSZ_RIGHT_EVENTS || star == NULL || star[1] == '\0';
}

static void grants_upper_name(char *pattern)
{
    for (; *pattern != '\0' && *pattern != '/'; pattern++) {
        if (*pattern >= 'a' && *pattern <= 'z') {
            *pattern = (char)(*pattern - 'a' + 'A');
        }
    }
}

fsz_err fsz_grants_add(struct fsz_grants *grants, enum fsz_right right, const char *pattern)
{
    struct grants_list *list = &grants->rights[right];
    size_t              length = strlen(pattern);
    if (!grants_pattern_valid(right, pattern, length)) {
        return FSZ_EINVALID;
    }
    if (length > FSZ_GRANT_BYTES_MAX || list->count >= FSZ_GRANTS_PER_RIGHT) {
        return FSZ_ELIMIT;
    }
    char **grown = reallocarray(list->patterns, list->count + 1, sizeof(*grown));
    if (grown == NULL) {
        return FSZ_ENOMEM;
    }
    list->patterns = grown;
    char *copy = strdup(pattern);
    if (copy == NULL) {
        return FSZ_ENOMEM;
    }
    if (grants_is_event(right)) {
        grants_upper_name(copy);
    }
    list->patterns[list->count++] = copy;
    list->all |= strcmp(pattern, "*") == 0;
    return FSZ_OK;
}

/* A pattern of events without a slash is one of names, and takes every subclass. */
static bool grants_match(enum fsz_right right, const char *pattern, const char *what)
{
    const char *name_end = grants_rights[right].name_end;
    size_t      folded = name_end ? strcspn(what, name_end) : 0;
    bool        name_only = grants_is_event(right) && strchr(pattern, '/') == NULL;
    return fsz_glob(pattern, what, name_only ? folded : strlen(what), folded);
}

/* A `*` among the first `spelled` characters of the pattern would have matched by the way. */
static bool grants_spells(const char *pattern, size_t spelled)
{
    return strcspn(pattern, "*") >= spelled;
}

bool fsz_grants_allow_spelled(const struct fsz_grants *grants, enum fsz_right right,
                              const char *what, size_t spelled)
{
    const struct grants_list *list = &grants->rights[right];
    bool                      allowed = list->all;
    for (size_t i = 0; !allowed && i < list->count; i++) {
        allowed = grants_spells(list->patterns[i], spelled) &&
                  grants_match(right, list->patterns[i], what);
    }
    return allowed;
}

bool fsz_grants_allow(const struct fsz_grants *grants, enum fsz_right right, const char *what)
{
    return fsz_grants_allow_spelled(grants, right, what, 0);
}

bool fsz_grants_allow_all(const struct fsz_grants *grants, enum fsz_right right)
{
    return grants->rights[right].all;
}

size_t fsz_grants_count(const struct fsz_grants *grants, enum fsz_right right)
{
    return grants->rights[right].count;
}

const char *fsz_grants_pattern(const struct fsz_grants *grants, enum fsz_right right, size_t index)
{
    return grants->rights[right].patterns[index];
}

const char *fsz_right_name(enum fsz_right right)
{
    return grants_rights[right].name;
}
