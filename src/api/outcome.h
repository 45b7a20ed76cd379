/* SPDX-License-Identifier: MPL-2.0 */
/* outcome.h - the output of the switch as JSON (docs/protocol/requests.md, "api"). Pure. */
#ifndef FSZ_OUTCOME_H
#define FSZ_OUTCOME_H

#include "base/buffer.h"

#include <jansson.h>
#include <stddef.h>

/* {"output", "status", "reason"?, "truncated"?} of a command's output. The status is `ok` for
 * "+OK…", `error` with a reason for "-ERR…", `usage` with a reason for "-USAGE…", otherwise `raw`.
 * Output that reached the buffer's limit is marked truncated. NULL: out of memory. */
json_t *fsz_outcome_of_command(const struct fsz_buffer *output);
/* The "reason" in "-ERR reason\n". NULL: out of memory. */
json_t *fsz_outcome_reason(const struct fsz_buffer *words);

#endif
