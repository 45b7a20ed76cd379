/* What the status tells of access: who was let in, and what the bounds on guessing did. */
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

json_t *fsz_status_access(const struct fsz_access *access)
{
    struct fsz_access_counters c = fsz_access_counters(access);
    return json_pack("{sI sI sI sI sI sI sI so}", "admitted", (json_int_t)c.admitted, "refused",
                     (json_int_t)c.refused, "limited", (json_int_t)c.limited, "deferred",
                     (json_int_t)c.deferred, "passwords_checked", (json_int_t)c.passwords_checked,
                     "passwords_remembered", (json_int_t)c.passwords_remembered,
                     "addresses_forgotten", (json_int_t)c.addresses_forgotten, "mechanisms",
                     status_mechanisms(&c));
}
