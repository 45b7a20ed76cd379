/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/choose.h"

#include "cli/headers.h"

#include <string.h>
#include <strings.h>

enum { CHOOSE_NAME_BYTES = 256 }; /* longest header name in a `where` */

/* The headers that connect an event to a call; its own leg comes first. */
static const char *const choose_uuid_headers[] = {
    "Unique-ID",          "Channel-Call-UUID",  "Other-Leg-Unique-ID",
    "Bridge-A-Unique-ID", "Bridge-B-Unique-ID", "Conference-Unique-ID",
    "Job-UUID",
};

bool fsz_choose_valid(const struct fsz_choose *choose, const char **ret_bad)
{
    for (size_t i = 0; i < choose->wheres.count; i++) {
        const char *where = choose->wheres.items[i];
        const char *equals = strchr(where, '=');
        if (equals == NULL || equals == where || equals - where >= CHOOSE_NAME_BYTES) {
            *ret_bad = where;
            return false;
        }
    }
    return true;
}

static bool choose_uuid(const json_t *event, const char *uuid)
{
    size_t count = sizeof choose_uuid_headers / sizeof *choose_uuid_headers;
    for (size_t i = 0; i < count; i++) {
        const char *value = fsz_headers_text(event, choose_uuid_headers[i]);
        if (strncasecmp(value, uuid, strlen(uuid)) == 0) {
            return true;
        }
    }
    return false;
}

static bool choose_where(const json_t *event, const char *where)
{
    char        name[CHOOSE_NAME_BYTES];
    const char *equals = strchr(where, '=');
    size_t      size = (size_t)(equals - where);
    memcpy(name, where, size);
    name[size] = '\0';
    return fsz_headers_equal(event, name, equals + 1);
}

bool fsz_choose_matches(const struct fsz_choose *choose, const json_t *event)
{
    for (size_t i = 0; i < choose->wheres.count; i++) {
        if (!choose_where(event, choose->wheres.items[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < choose->uuids.count; i++) {
        if (choose_uuid(event, choose->uuids.items[i])) {
            return true;
        }
    }
    return choose->uuids.count == 0;
}
