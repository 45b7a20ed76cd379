/* SPDX-License-Identifier: MPL-2.0 */
/* The part of the status about access: connections admitted and refused, and limits on guessing. */
#include "counters/counters.h"
#include "engine/status.h"

static json_t *status_mechanisms(const struct fsz_access_counters *c)
{
    json_t *mechanisms = json_object();
    for (int i = 0; i < FSZ_ZMTP_MECHANISMS; i++) {
        json_object_set_new(mechanisms, fsz_zmtp_mechanism_text((enum fsz_zmtp_mechanism_name)i),
                            json_pack("{sI sI}", "admitted", (json_int_t)c->mechanisms[i].admitted,
                                      "refused", (json_int_t)c->mechanisms[i].refused));
    }
    return mechanisms;
}

static const struct fsz_counter access_counters[] = {
#define FSZ_COUNTERS_ACCESS(member, unit, meaning) FSZ_COUNTER(struct fsz_access_counters, member),
#include "counters/counters.def"
};

json_t *fsz_status_access(const struct fsz_access *access)
{
    struct fsz_access_counters counters = fsz_access_counters(access);
    json_t                    *status = FSZ_COUNTERS_JSON(access_counters, &counters);
    json_object_set_new(status, "mechanisms", status_mechanisms(&counters));
    return status;
}
