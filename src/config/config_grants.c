/* SPDX-License-Identifier: MPL-2.0 */
/* Finds grants that can never match: they name things of the same file, or sections of the XML. */
#include "base/glob.h"
#include "base/near.h"
#include "config/config_reader.h"
#include "config/grants.h"
#include "config/section.h"

#include <stdint.h>
#include <string.h>

/* The names that a right is about, by index; NULL after the last. */
typedef const char *(*grants_name_fn)(const struct fsz_config *config, size_t index);

static const char *grants_stream(const struct fsz_config *config, size_t index)
{
    return index < config->stream_count ? config->streams[index].name : NULL;
}

static const char *grants_service(const struct fsz_config *config, size_t index)
{
    return index < config->service_count ? config->services[index].name : NULL;
}

/* As in the key `sections` of a binding. */
static const char *grants_section(const struct fsz_config *config, size_t index)
{
    (void)config;
    return fsz_section_name(index);
}

static const struct {
    enum fsz_right right;
    grants_name_fn name;
    const char    *what;
} grants_checks[] = {
    {FSZ_RIGHT_STREAMS, grants_stream, "stream of <streams>"},
    {FSZ_RIGHT_SERVICES, grants_service, "service of <services>"},
    {FSZ_RIGHT_CONTROLLED_CALLS, grants_service, "service of <services>"},
    {FSZ_RIGHT_SECTIONS, grants_section, "section of the switch's XML"},
};

/* Dialplans may name endpoints in place of services (literal-service). */
static bool grants_may_be_endpoint(const struct fsz_config *config, enum fsz_right right,
                                   const char *pattern)
{
    return right != FSZ_RIGHT_STREAMS && right != FSZ_RIGHT_SECTIONS &&
           config->literal_service != NULL && strstr(pattern, "://") != NULL;
}

/* `*` is always valid, even if there is nothing yet that it matches. */
static bool grants_match_any(const struct fsz_config *config, size_t check, const char *pattern)
{
    const char *name = NULL;
    bool        matches = strcmp(pattern, "*") == 0 ||
                   grants_may_be_endpoint(config, grants_checks[check].right, pattern);
    for (size_t i = 0; !matches && (name = grants_checks[check].name(config, i)) != NULL; i++) {
        matches = fsz_glob(pattern, name, strlen(name), 0);
    }
    return matches;
}

static const char *grants_nearest(const struct fsz_config *config, size_t check,
                                  const char *pattern)
{
    const char *nearest = NULL, *name = NULL;
    size_t      least = SIZE_MAX;
    for (size_t i = 0; (name = grants_checks[check].name(config, i)) != NULL; i++) {
        size_t distance = fsz_near_distance(pattern, strlen(pattern), name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

static void grants_check_right(struct fsz_config_reader *r, const struct fsz_config *config,
                               const struct fsz_group_config *group, size_t check)
{
    enum fsz_right right = grants_checks[check].right;
    for (size_t i = 0; i < fsz_grants_count(group->grants, right); i++) {
        const char *pattern = fsz_grants_pattern(group->grants, right, i);
        if (!grants_match_any(config, check, pattern)) {
            const char *near = grants_nearest(config, check, pattern);
            fsz_config_complain(r, group->line, "group \"%s\": %s: \"%.80s\" matches no %s%s%s%s",
                                group->name ? group->name : "", fsz_right_name(right), pattern,
                                grants_checks[check].what, near ? "; did you mean " : "",
                                near ? near : "", near ? "?" : "");
        }
    }
}

void fsz_config_check_grants(struct fsz_config_reader *r, const struct fsz_config *config)
{
    for (size_t i = 0; i < config->group_count && r->err == FSZ_OK; i++) {
        for (size_t check = 0; check < sizeof grants_checks / sizeof grants_checks[0]; check++) {
            grants_check_right(r, config, &config->groups[i], check);
        }
    }
}
