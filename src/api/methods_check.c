/* SPDX-License-Identifier: MPL-2.0 */
/* Checks that grants of methods name methods that exist. */
#include "api/method.h"
#include "base/glob.h"
#include "base/near.h"
#include "config/grants.h"

#include <stdint.h>
#include <string.h>

static bool check_matches(const char *pattern)
{
    bool                     matches = false;
    const struct fsz_method *method = NULL;
    for (size_t i = 0; (method = fsz_method_at(i)) != NULL; i++) {
        matches |= fsz_glob(pattern, method->name, strlen(method->name), 0);
    }
    return matches;
}

static const char *check_nearest(const char *pattern)
{
    const char              *nearest = NULL;
    size_t                   least = SIZE_MAX;
    const struct fsz_method *method = NULL;
    for (size_t i = 0; (method = fsz_method_at(i)) != NULL; i++) {
        size_t distance = fsz_near_distance(pattern, strlen(pattern), method->name);
        if (distance < least) {
            least = distance;
            nearest = method->name;
        }
    }
    return nearest;
}

static void check_group(const struct fsz_group_config *group, struct fsz_problems *problems)
{
    for (size_t i = 0; i < fsz_grants_count(group->grants, FSZ_RIGHT_METHODS); i++) {
        const char *pattern = fsz_grants_pattern(group->grants, FSZ_RIGHT_METHODS, i);
        if (!check_matches(pattern)) {
            const char *near = check_nearest(pattern);
            fsz_problems_add(problems, "group \"%s\": methods: \"%.80s\" matches no method%s%s%s",
                             group->name, pattern, near ? "; did you mean " : "", near ? near : "",
                             near ? "?" : "");
        }
    }
}

fsz_err fsz_methods_check(const struct fsz_config *config, struct fsz_problems *problems)
{
    size_t before = problems->count;
    for (size_t i = 0; i < config->group_count; i++) {
        check_group(&config->groups[i], problems);
    }
    return problems->count > before ? FSZ_EINVALID : FSZ_OK;
}
