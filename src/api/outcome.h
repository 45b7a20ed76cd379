/* outcome.h - what a switch says, as JSON: docs/protocol/requests.md, "api".
 *
 * Pure. */
#ifndef FSZ_OUTCOME_H
#define FSZ_OUTCOME_H

#include "base/buffer.h"

#include <jansson.h>
#include <stddef.h>

/* {"output", "status", "reason"?, "truncated"?} of a command's output: status `ok` for "+OK…",
 * `error` with a reason for "-ERR…", `usage` with one for "-USAGE…", else `raw`. An output that hit
 * the buffer's limit is truncated. NULL: no memory. */
json_t *fsz_outcome_of_command(const struct fsz_buffer *output);
/* The switch's reason in "-ERR reason\n", without what stands before and behind it. NULL: no
 * memory. */
json_t *fsz_outcome_reason(const struct fsz_buffer *words);

#endif
