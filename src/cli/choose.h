/* choose.h - which events to show, decided on the client's side: by UUID and by header. */
#ifndef FSZ_CHOOSE_H
#define FSZ_CHOOSE_H

#include "cli/cli_options.h"

#include <jansson.h>
#include <stdbool.h>

struct fsz_choose {
    struct fsz_option_list uuids;  /* an event of any of these, or its beginning; none: of all */
    struct fsz_option_list wheres; /* "Header=value": all must hold */
};

/* Whether each `where` has a header's name and an equals sign; if not, *ret_bad is the first that
 * has not. */
bool fsz_choose_valid(const struct fsz_choose *choose, const char **ret_bad);
bool fsz_choose_any(const struct fsz_choose *choose);
bool fsz_choose_matches(const struct fsz_choose *choose, const json_t *event);

#endif
