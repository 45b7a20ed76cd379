/* SPDX-License-Identifier: MPL-2.0 */
#include "call/offer.h"

#include "event/encode.h"
#include "event/event_check.h"
#include "rpc/rpc.h"

#include <string.h>

/* ---- the offer ------------------------------------------------------------------------------- */

static void offer_write_json(struct fsz_buffer *out, const char *name, const json_t *json)
{
    if (json != NULL) {
        fsz_buffer_printf(out, ",\"%s\":", name);
        fsz_rpc_write_json(out, json);
    }
}

void fsz_offer_write(struct fsz_buffer *out, const struct fsz_offer_text *offer,
                     const struct fsz_event *channel)
{
    fsz_buffer_text(out, "{\"call\":");
    fsz_encode_string(out, offer->call);
    fsz_buffer_text(out, ",\"service\":");
    fsz_encode_string(out, offer->service);
    offer_write_json(out, "args", offer->args);
    fsz_buffer_printf(out, ",\"resumed\":%s", offer->why != NULL ? "true" : "false");
    if (offer->why != NULL) {
        fsz_buffer_printf(out, ",\"why\":\"%s\"", offer->why);
        offer_write_json(out, "executed", offer->executed);
    }
    offer_write_json(out, "data", offer->data);
    fsz_buffer_text(out, ",\"channel\":");
    fsz_err err = fsz_encode(channel, NULL, 0, out, NULL);
    if (err == FSZ_OK) {
        fsz_buffer_text(out, "}");
    } else if (out->failed == FSZ_OK) {
        out->failed = err;
    }
}

/* ---- the reply ------------------------------------------------------------------------------- */

static const char *offer_check_step(const json_t *step)
{
    const char   *app = json_string_value(json_object_get(step, "app"));
    const json_t *arg = json_object_get(step, "arg");
    if (app == NULL || app[0] == '\0' || app[strcspn(app, " \t\r\n")] != '\0') {
        return "execute: each step needs an `app` without blanks";
    }
    return arg == NULL || json_is_string(arg) ? NULL : "execute: `arg` must be a string";
}

static const char *offer_check_steps(const json_t *steps)
{
    const char *why = NULL;
    if (steps == NULL) {
        return NULL;
    }
    if (!json_is_array(steps) || json_array_size(steps) > FSZ_OFFER_STEPS_MAX) {
        return "execute: must be an array of at most 100 objects";
    }
    for (size_t i = 0; why == NULL && i < json_array_size(steps); i++) {
        why = offer_check_step(json_array_get(steps, i));
    }
    return why;
}

static const char *offer_check_set(const json_t *set)
{
    const char   *name = NULL;
    const json_t *value = NULL;
    if (set == NULL) {
        return NULL;
    }
    if (!json_is_object(set) || json_object_size(set) > FSZ_OFFER_VARIABLES_MAX) {
        return "set: must be an object of at most 256 members";
    }
    json_object_foreach((json_t *)set, name, value)
    {
        if (!json_is_string(value) || !fsz_header_name_is_plain(name)) {
            return "set: each member must be a valid variable name with a string";
        }
    }
    return NULL;
}

static const char *offer_read_then(const json_t *result, struct fsz_offer *offer)
{
    static const char *const words[] = {"control", "release", "hangup"};
    const json_t            *then = json_object_get(result, "then");
    const char              *word = json_string_value(then);
    if (then == NULL) {
        offer->then = offer->steps != NULL ? FSZ_THEN_RELEASE : FSZ_THEN_CONTROL;
        return NULL;
    }
    for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            offer->then = (enum fsz_then)i;
            return NULL;
        }
    }
    return "then: must be control, release or hangup";
}

/* NULL: absent or null. */
static const json_t *offer_member(const json_t *result, const char *name)
{
    const json_t *member = json_object_get(result, name);
    return json_is_null(member) ? NULL : member;
}

static const char *offer_check_cause(const json_t *result, struct fsz_offer *offer)
{
    const json_t *cause = offer_member(result, "cause");
    offer->cause = json_string_value(cause);
    return cause == NULL || offer->cause != NULL ? NULL : "cause: must be a string";
}

fsz_err fsz_offer_read(const json_t *result, struct fsz_offer *ret_offer, const char **ret_why)
{
    const json_t    *accept = json_object_get(result, "accept");
    struct fsz_offer offer = {.accept = json_is_true(accept)};
    const char      *why = json_is_boolean(accept) ? NULL : "accept: must be true or false";
    offer.reason = json_string_value(json_object_get(result, "reason"));
    if (why == NULL && offer.accept) {
        offer.set = offer_member(result, "set");
        offer.steps = offer_member(result, "execute");
        why = offer_check_set(offer.set);
        why = why ? why : offer_check_steps(offer.steps);
        why = why ? why : offer_read_then(result, &offer);
        why = why ? why : offer_check_cause(result, &offer);
    }
    if (why != NULL) {
        *ret_why = why;
        return FSZ_EINVALID;
    }
    *ret_offer = offer;
    return FSZ_OK;
}

const char *fsz_offer_app(const struct fsz_offer *offer, size_t step)
{
    return json_string_value(json_object_get(json_array_get(offer->steps, step), "app"));
}

const char *fsz_offer_arg(const struct fsz_offer *offer, size_t step)
{
    return json_string_value(json_object_get(json_array_get(offer->steps, step), "arg"));
}
