/* SPDX-License-Identifier: MPL-2.0 */
#include "counters/counters.h"

#include <stdatomic.h>

void fsz_counters_write(json_t *object, const struct fsz_counter *list, size_t count,
                        const void *values)
{
    for (size_t i = 0; i < count; i++) {
        const _Atomic uint64_t *value = (const void *)((const char *)values + list[i].offset);
        json_object_set_new(
            object, list[i].member,
            json_integer((json_int_t)atomic_load_explicit(value, memory_order_relaxed)));
    }
}

json_t *fsz_counters_json(const struct fsz_counter *list, size_t count, const void *values)
{
    json_t *object = json_object();
    fsz_counters_write(object, list, count, values);
    return object;
}
