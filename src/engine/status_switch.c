/* SPDX-License-Identifier: MPL-2.0 */
/* The part of the status about the switch: its release, and problems between it and the module. */
#include "engine/status.h"
#include "rpc/json.h"

static json_t *status_troubles(const struct fsz_host *host)
{
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    if (host->troubles != NULL) {
        host->troubles(host->self, &problems);
    }
    return fsz_json_problems(&problems);
}

void fsz_status_add_switch(json_t *status, const struct fsz_host *host,
                           const struct fsz_host_identity *identity)
{
    if (identity->version[0] != '\0') {
        json_object_set_new(status, "switch",
                            json_pack("{ss ss}", "version", identity->version, "built_against",
                                      identity->built_against));
    }
    json_object_set_new(status, "troubles", status_troubles(host));
}

void fsz_status_write_switch(const json_t *status, struct fsz_buffer *out)
{
    size_t      index = 0;
    json_t     *trouble = NULL;
    const char *version = NULL, *built_against = NULL;
    if (json_unpack((json_t *)status, "{s{ss ss}}", "switch", "version", &version, "built_against",
                    &built_against) == 0) {
        fsz_buffer_printf(out, "switch   release %s; the module was built against %s\n", version,
                          built_against);
    }
    json_array_foreach(json_object_get(status, "troubles"), index, trouble)
    {
        fsz_buffer_printf(out, "TROUBLE  %s\n", json_string_value(trouble));
    }
}
