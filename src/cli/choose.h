/* SPDX-License-Identifier: MPL-2.0 */
/* choose.h - client-side selection of the events to show, by UUID and by header. */
#ifndef FSZ_CHOOSE_H
#define FSZ_CHOOSE_H

#include "cli/cli_options.h"

#include <jansson.h>
#include <stdbool.h>

struct fsz_choose {
    struct fsz_option_list uuids;  /* UUIDs or beginnings of UUIDs, any may match; none: all */
    struct fsz_option_list wheres; /* "Header=value", all must match */
};

/* Whether each `where` is a header name, an equals sign and a value; if not, *ret_bad is the first
 * that is not. */
bool fsz_choose_valid(const struct fsz_choose *choose, const char **ret_bad);
bool fsz_choose_matches(const struct fsz_choose *choose, const json_t *event);

#endif
