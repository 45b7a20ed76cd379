/* SPDX-License-Identifier: MPL-2.0 */
/* Reads one <binding>. */
#include "config/config_reader.h"
#include "event/fields.h"

#include <stdlib.h>
#include <string.h>

static void binding_check(struct fsz_config_reader *r, const struct fsz_confnode *node,
                          const struct fsz_config *config, const struct fsz_binding_config *binding)
{
    if (!fsz_config_was_given(r, "service")) {
        fsz_config_complain(r, node->line, "needs a service");
    } else if (binding->service != NULL &&
               fsz_config_find_service(config, binding->service) == NULL) {
        fsz_config_complain(r, node->line, "service=\"%.80s\" is not in <services>",
                            binding->service);
    }
    if (!fsz_config_was_given(r, "sections")) {
        fsz_config_complain(r, node->line,
                            "needs sections: which of the switch's lookups go to the "
                            "service");
    }
}

/* Each lookup that describes a call is unique, unless the binding limits the cache key
 * (lookup_key.c). */
static void binding_warn(struct fsz_config_reader *r, const struct fsz_confnode *node,
                         const struct fsz_binding_config *binding)
{
    const uint32_t calls = FSZ_SECTION_DIALPLAN | FSZ_SECTION_LANGUAGES;
    bool           keeps = binding->cache_s > 0 || binding->cache_negative_s > 0 ||
                 binding->cache_ttl_max_s > 0 || binding->stale_s > 0;
    bool of_calls = binding->sections != 0 && (binding->sections & ~calls) == 0;
    if (keeps && of_calls && binding->cache_param_count == 0 && binding->params == NULL) {
        fsz_config_warn(r, node->line,
                        "caches nothing, since each of its lookups describes a call: name the "
                        "headers that replies depend on in cache-params, or those to send in "
                        "params");
    }
}

void fsz_config_read_binding(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             const struct fsz_config *config, struct fsz_binding_config *binding)
{
    fsz_config_read_name(r, node, "binding", &binding->name);
    fsz_config_read_params(r, FSZ_SCOPE_BINDING, node, binding);
    fsz_config_refuse_children(r, node, "param");
    binding_check(r, node, config, binding);
    fsz_err err = fsz_fields_new(r->fields[0], NULL, NULL, &binding->params, NULL);
    r->err = err == FSZ_OK ? r->err : err;
    binding_warn(r, node, binding);
    r->where[0] = '\0';
}

void fsz_config_free_binding(struct fsz_binding_config *binding)
{
    for (size_t i = 0; i < binding->cache_param_count; i++) {
        free(binding->cache_params[i]);
    }
    free(binding->cache_params);
    free(binding->name);
    free(binding->service);
    free(binding->tag);
    free(binding->key);
    free(binding->value);
    fsz_fields_free(&binding->params);
}
