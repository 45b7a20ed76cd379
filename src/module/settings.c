/* SPDX-License-Identifier: MPL-2.0 */
#include "module/settings.h"

#include "config/confnode.h"

#include <switch.h>

enum { SETTINGS_DEPTH_MAX = 32 };

static fsz_err settings_copy_attributes(struct fsz_confnode *node, switch_xml_t xml)
{
    fsz_err err = FSZ_OK;
    for (char **attr = xml->attr; err == FSZ_OK && attr && attr[0] && attr[1]; attr += 2) {
        err = fsz_confnode_set(node, attr[0], attr[1]);
    }
    return err;
}

/* Copies an element and its children. The switch's XML has no line numbers. */
static struct fsz_confnode *settings_copy(struct fsz_confnode *parent, switch_xml_t xml, int depth)
{
    struct fsz_confnode *node =
        depth < SETTINGS_DEPTH_MAX ? fsz_confnode_new(parent, xml->name, 0) : NULL;
    bool whole = node != NULL && settings_copy_attributes(node, xml) == FSZ_OK;
    for (switch_xml_t child = xml->child; whole && child; child = child->ordered) {
        whole = settings_copy(node, child, depth + 1) != NULL;
    }
    if (!whole && node != NULL && parent == NULL) {
        fsz_confnode_free(&node);
    }
    return whole ? node : NULL;
}

static fsz_err settings_load(switch_xml_t settings, struct fsz_config **ret_config,
                             struct fsz_problems *problems)
{
    struct fsz_confnode *root = settings_copy(NULL, settings, 0);
    if (root == NULL) {
        fsz_problems_add(problems, "event_zmq.conf: out of memory, or nested deeper than %d",
                         SETTINGS_DEPTH_MAX);
        return FSZ_ENOMEM;
    }
    fsz_err err = fsz_config_load(root, ret_config, problems);
    fsz_confnode_free(&root);
    return err;
}

static fsz_err settings_default(struct fsz_config **ret_config)
{
    switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_NOTICE,
                      "no event_zmq.conf in the configuration: using the defaults\n");
    return fsz_config_default(ret_config);
}

/* FSZ_ENOTFOUND: no event_zmq.conf. */
static fsz_err settings_find(struct fsz_config **ret_config, struct fsz_problems *problems)
{
    switch_xml_t settings = NULL;
    switch_xml_t xml = switch_xml_open_cfg("event_zmq.conf", &settings, NULL);
    fsz_err      err = xml != NULL ? settings_load(settings, ret_config, problems) : FSZ_ENOTFOUND;
    switch_xml_free(xml);
    return err;
}

fsz_err fsz_settings_read(struct fsz_config **ret_config, bool *ret_is_default,
                          struct fsz_problems *problems)
{
    fsz_err err = settings_find(ret_config, problems);
    *ret_is_default = err == FSZ_ENOTFOUND;
    return err == FSZ_ENOTFOUND ? settings_default(ret_config) : err;
}

/* A file that has disappeared is probably a mistake, such as a wrong include or name. */
fsz_err fsz_settings_reread(bool was_default, struct fsz_config **ret_config, bool *ret_is_default,
                            struct fsz_problems *problems)
{
    const char *why = NULL;
    if (switch_xml_reload(&why) != SWITCH_STATUS_SUCCESS) {
        fsz_problems_add(problems, "the switch's XML: %s", why && *why ? why : "not readable");
        return FSZ_EINVALID;
    }
    if (was_default) {
        return fsz_settings_read(ret_config, ret_is_default, problems);
    }
    fsz_err err = settings_find(ret_config, problems);
    if (err == FSZ_ENOTFOUND) {
        fsz_problems_add(problems, "no event_zmq.conf found in the switch's XML; for the defaults, "
                                   "unload the module and load it again");
    }
    *ret_is_default = false;
    return err;
}

void fsz_settings_log(const struct fsz_problems *problems)
{
    for (size_t i = 0; i < fsz_problems_kept(problems); i++) {
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR, "event_zmq.conf: %s\n",
                          problems->lines[i]);
    }
    if (problems->count > fsz_problems_kept(problems)) {
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR,
                          "event_zmq.conf: %u more problems\n",
                          (unsigned)(problems->count - fsz_problems_kept(problems)));
    }
}
