/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/dial.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The extensions of the captured switch; all others have no route. */
static const char *const EXTENSIONS[] = {"1000", "1001", "1002", "1003", "1004"};

bool fsz_dial_has_extension(const char *extension)
{
    for (size_t i = 0; i < sizeof EXTENSIONS / sizeof *EXTENSIONS; i++) {
        if (strcmp(extension, EXTENSIONS[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool fsz_dial_parse(struct fsz_dial *dial, const char *text)
{
    snprintf(dial->bytes, sizeof dial->bytes, "%s", text);
    char *at = dial->bytes;
    dial->variables = at + strlen(at);
    if (*at == '{') {
        char *end = strchr(at, '}');
        if (end == NULL) {
            return false;
        }
        *end = '\0';
        dial->variables = at + 1;
        at = end + 1;
    }
    dial->endpoint = strsep(&at, "/");
    dial->extension = strsep(&at, "/");
    return dial->extension != NULL && *dial->extension != '\0';
}

const char *fsz_dial_refusal(const struct fsz_dial *dial)
{
    if (strcasecmp(dial->endpoint, "error") == 0) {
        const struct fsz_cause *cause = fsz_cause_find(dial->extension);
        return cause == NULL ? "NORMAL_CLEARING" : cause->name;
    }
    if (strcasecmp(dial->endpoint, "loopback") != 0) {
        return "CHAN_NOT_IMPLEMENTED";
    }
    return fsz_dial_has_extension(dial->extension) ? NULL : "NO_ROUTE_DESTINATION";
}

bool fsz_dial_rings(const struct fsz_dial *dial)
{
    return strstr(dial->variables, "sim_ring_ms=") != NULL;
}

fsz_err fsz_dial_set_variables(struct fsz_dial *dial, struct fsz_leg *leg)
{
    char    header[256];
    fsz_err err = FSZ_OK;
    char   *rest = dial->variables, *pair;
    while (err == FSZ_OK && *dial->variables != '\0' && (pair = strsep(&rest, ",")) != NULL) {
        char *value = strchr(pair, '=');
        if (value == NULL || value == pair) {
            continue;
        }
        *value++ = '\0';
        snprintf(header, sizeof header, "variable_%s", pair);
        err = fsz_leg_set(leg, header, value);
    }
    return err;
}
