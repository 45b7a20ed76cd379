/* SPDX-License-Identifier: MPL-2.0 */
/* A worker's reply to the offer of a call: any JSON, or a mutation of a valid reply. The thread of
 * the call uses the values without further checks, so all values that are read must be valid. */
#include "call/offer.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICES_DEPTH = 32 };

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static bool is_deep(const json_t *json, int depth)
{
    const char *name = NULL;
    json_t     *value = NULL;
    size_t      i = 0;
    if (depth == 0) {
        return true;
    }
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
    {
        if (is_deep(value, depth - 1)) {
            return true;
        }
    }
    json_array_foreach(json, i, value)
    {
        if (is_deep(value, depth - 1)) {
            return true;
        }
    }
    return false;
}

static void use_steps(const struct fsz_offer *offer)
{
    size_t count = json_array_size(offer->steps);
    require(count <= FSZ_OFFER_STEPS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *app = fsz_offer_app(offer, i), *arg = fsz_offer_arg(offer, i);
        require(app != NULL && *app != '\0' && strpbrk(app, " \t\r\n") == NULL);
        require(arg == NULL || strlen(arg) < SIZE_MAX);
    }
}

static void use_variables(const struct fsz_offer *offer)
{
    const char *name = NULL;
    json_t     *value = NULL;
    require(json_object_size(offer->set) <= FSZ_OFFER_VARIABLES_MAX);
    json_object_foreach((json_t *)(uintptr_t)offer->set, name, value)
    {
        require(*name != '\0' && strpbrk(name, "\r\n") == NULL && json_is_string(value));
    }
}

static void use(const struct fsz_offer *offer)
{
    if (!offer->accept) {
        require(offer->set == NULL && offer->steps == NULL);
        return;
    }
    use_steps(offer);
    use_variables(offer);
    require(offer->then == FSZ_THEN_CONTROL || offer->then == FSZ_THEN_RELEASE ||
            offer->then == FSZ_THEN_HANGUP);
    require(offer->cause == NULL || strlen(offer->cause) < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fsz_offer offer = {0};
    const char      *why = NULL;
    json_t          *result =
        json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (result != NULL && !is_deep(result, SERVICES_DEPTH)) {
        fsz_err err = fsz_offer_read(result, &offer, &why);
        require(err == FSZ_OK || (err == FSZ_EINVALID && why != NULL && *why != '\0'));
        if (err == FSZ_OK) {
            use(&offer);
        }
    }
    json_decref(result);
    return 0;
}
