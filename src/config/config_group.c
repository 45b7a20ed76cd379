/* SPDX-License-Identifier: MPL-2.0 */
/* Reads one <group>: each key is a right, each value the patterns granted. */
#include "config/config_reader.h"
#include "config/grants.h"

#include <stdlib.h>

/* For peers without a name: all events, and commands that only read. No command that shows
 * passwords (user_data, xml_locate, global_getvar) is among them. */
const struct fsz_config_param fsz_config_default_grants[] = {
    {"streams", "*"},
    {"events", "*"},
    {"methods", "server.* api bgapi job.result json_api call.get"},
    {"api", "status"},
    {"api", "version"},
    {"api", "hostname"},
    {"api", "switchname"},
    {"api", "uptime"},
    {"api", "echo *"},
    {"api", "show *"},
    {"api", "module_exists *"},
    {"api", "uuid_exists *"},
    {"api", "uuid_dump *"},
    {"api", "uuid_getvar *"},
    {"api", "sofia status"},
    {"api", "sofia status *"},
    {"api", "conference list"},
    {"json-api", "status"},
    {NULL, NULL},
};

void fsz_config_read_group(struct fsz_config_reader *r, const struct fsz_confnode *node,
                           struct fsz_group_config *group)
{
    group->line = node->line;
    r->err = fsz_grants_new(&group->grants);
    if (r->err == FSZ_OK) {
        fsz_config_read_name(r, node, "group", &group->name);
        fsz_config_read_params(r, FSZ_SCOPE_GROUP, node, group);
        fsz_config_refuse_children(r, node, "param");
    }
    r->where[0] = '\0';
}

void fsz_config_free_group(struct fsz_group_config *group)
{
    fsz_grants_free(&group->grants);
    free(group->name);
}
