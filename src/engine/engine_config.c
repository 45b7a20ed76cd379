/* SPDX-License-Identifier: MPL-2.0 */
/* Checks of a configuration that need the whole engine, and why the last reload was refused. */
#include "api/method.h"
#include "base/clock.h"
#include "engine/engine_private.h"
#include "host/log.h"

#include <stdio.h>
#include <string.h>

void fsz_engine_log_problems(const struct fsz_engine *engine, enum fsz_log_level level,
                             const struct fsz_problems *problems)
{
    for (size_t i = 0; problems != NULL && i < fsz_problems_kept(problems); i++) {
        fsz_host_log(engine->host, level, "%s", problems->lines[i]);
    }
}

fsz_err fsz_engine_load(struct fsz_config *config, struct fsz_policy **ret_policy,
                        struct fsz_problems *problems)
{
    fsz_err methods_err = fsz_methods_check(config, problems);
    fsz_err err = fsz_config_load_files(config, problems);
    err = err != FSZ_OK ? err : methods_err;
    return err != FSZ_OK ? err : fsz_policy_load(config, ret_policy, problems);
}

fsz_err fsz_engine_check(struct fsz_config **config, struct fsz_problems *problems)
{
    struct fsz_policy *policy = NULL;
    fsz_err            err = fsz_engine_load(*config, &policy, problems);
    fsz_policy_unref(&policy);
    fsz_config_free(config);
    return err;
}

/* ---- refused reloads ------------------------------------------------------------------------- */

void fsz_engine_keep_refusal(struct fsz_engine *engine, fsz_err err,
                             const struct fsz_problems *problems)
{
    struct engine_refusal *refused = &engine->refused;
    *refused = (struct engine_refusal){.is_there = err != FSZ_OK};
    if (err != FSZ_OK) {
        refused->at_ms = fsz_clock_monotonic_ms();
        refused->mistakes = problems->count > 0 ? problems->count : 1;
        snprintf(refused->first, sizeof(refused->first), "%s",
                 problems->count > 0 ? problems->lines[0] : fsz_err_text(err));
    }
}

void fsz_engine_refuse_reload(struct fsz_engine *engine, fsz_err err,
                              const struct fsz_problems *problems)
{
    if (fsz_engine_try_lifecycle(engine)) {
        fsz_engine_keep_refusal(engine, err, problems);
        fsz_engine_unlock_lifecycle(engine, false);
    }
}

json_t *fsz_engine_refusal_status(const struct fsz_engine *engine)
{
    const struct engine_refusal *refused = &engine->refused;
    return refused->is_there ? json_pack("{sI sI so}", "ago_ms",
                                         (json_int_t)(fsz_clock_monotonic_ms() - refused->at_ms),
                                         "mistakes", (json_int_t)refused->mistakes, "first",
                                         fsz_rpc_text(refused->first, strlen(refused->first)))
                             : json_null();
}
