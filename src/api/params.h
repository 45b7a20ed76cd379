/* SPDX-License-Identifier: MPL-2.0 */
/* params.h - reads the params of a JSON-RPC request, by name or by position, by a method's table.
 *
 * Pure. The values point into the request. Unknown members are ignored
 * (docs/protocol/requests.md). */
#ifndef FSZ_PARAMS_H
#define FSZ_PARAMS_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FSZ_PARAMS_MAX = 10, FSZ_PARAMS_WHY_BYTES = 320 };

enum fsz_param_type {
    FSZ_PARAM_TEXT,   /* a string of `min` to `max` bytes; with `words`, one of them */
    FSZ_PARAM_WORD,   /* the same, without white space */
    FSZ_PARAM_NUMBER, /* an integer from `min` to `max` */
    FSZ_PARAM_BOOL,
    FSZ_PARAM_OBJECT,
    FSZ_PARAM_NAMES, /* an array of `min` to `max` strings, none of them empty */
    FSZ_PARAM_ANY,
};

struct fsz_param {
    const char         *name;
    enum fsz_param_type type;
    bool                required;
    int64_t             min, max;
    const char *const  *words; /* allowed values, ended by NULL; or NULL: any */
};

/* `table` ends with a NULL name. ret_values gets one pointer for each entry; NULL: not given, or
 * null. FSZ_EINVALID: *ret_member is the entry's name, ret_why says what is allowed. */
FSZ_NODISCARD fsz_err fsz_params_read(const struct fsz_param *table, const json_t *params,
                                      const json_t *ret_values[FSZ_PARAMS_MAX],
                                      const char **ret_member, char ret_why[FSZ_PARAMS_WHY_BYTES]);

#endif
