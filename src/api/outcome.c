/* SPDX-License-Identifier: MPL-2.0 */
#include "api/outcome.h"

#include "rpc/rpc.h"

#include <stdbool.h>
#include <string.h>

/* The switch's marks at the start of its output; without a mark it is `raw`. */
static const struct outcome_mark {
    const char *begin, *status;
    bool        has_reason;
} outcome_marks[] = {
    {"+OK", "ok", false}, {"-ERR", "error", true}, {"-USAGE", "usage", true}, {"", "raw", false}};

static const struct outcome_mark *outcome_find(const char *text, size_t size)
{
    const struct outcome_mark *mark = outcome_marks;
    while (strlen(mark->begin) > size || memcmp(text, mark->begin, strlen(mark->begin)) != 0) {
        mark++;
    }
    return mark;
}

static json_t *outcome_rest(const char *text, size_t size)
{
    while (size > 0 && strchr(" \r\n\t:", text[0]) != NULL) {
        text++;
        size--;
    }
    while (size > 0 && strchr(" \r\n\t", text[size - 1]) != NULL) {
        size--;
    }
    return fsz_rpc_text(text, size);
}

json_t *fsz_outcome_of_command(const struct fsz_buffer *output)
{
    const char                *text = output->size > 0 ? (const char *)output->data : "";
    const struct outcome_mark *mark = outcome_find(text, output->size);
    json_t                    *result =
        json_pack("{s:o, s:s}", "output", fsz_rpc_text(text, output->size), "status", mark->status);
    if (result != NULL && mark->has_reason) {
        size_t skip = strlen(mark->begin);
        json_object_set_new(result, "reason", outcome_rest(text + skip, output->size - skip));
    }
    if (result != NULL && output->failed == FSZ_ELIMIT) {
        json_object_set_new(result, "truncated", json_true());
    }
    return result;
}

json_t *fsz_outcome_reason(const struct fsz_buffer *words)
{
    const char *text = words->size > 0 ? (const char *)words->data : "";
    size_t      skip = strlen(outcome_find(text, words->size)->begin);
    return outcome_rest(text + skip, words->size - skip);
}
