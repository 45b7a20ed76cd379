/* SPDX-License-Identifier: MPL-2.0 */
#include "event/event.h"

#include <strings.h>

size_t fsz_headers_of_array(const void **cursor, struct fsz_header *ret_headers, size_t max)
{
    const struct fsz_header *header = *cursor;
    size_t                   count = 0;
    while (count < max && header->name != NULL) {
        ret_headers[count++] = *header++;
    }
    *cursor = header;
    return count;
}

int fsz_event_find(const struct fsz_event *event, const char *name, struct fsz_header *ret_header)
{
    struct fsz_header batch[FSZ_HEADER_BATCH];
    const void       *cursor = event->headers;
    size_t            count = 0;
    while (cursor != NULL && (count = event->read(&cursor, batch, FSZ_HEADER_BATCH)) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (strcasecmp(batch[i].name, name) == 0) {
                *ret_header = batch[i];
                return 1;
            }
        }
    }
    return 0;
}
