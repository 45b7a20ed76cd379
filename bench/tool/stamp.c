/* SPDX-License-Identifier: MPL-2.0 */
#include "tool/stamp.h"

#include <string.h>

size_t fsz_stamp_find(const char *text, size_t size, const char *member)
{
    const char *found = memmem(text, size, member, strlen(member));
    if (found == NULL) {
        return SIZE_MAX;
    }
    size_t offset = (size_t)(found - text) + strlen(member);
    return size - offset < FSZ_STAMP_DIGITS ? SIZE_MAX : offset;
}

void fsz_stamp_write(char *text, size_t offset, uint64_t number)
{
    for (size_t i = FSZ_STAMP_DIGITS; i > 0; i--, number /= 10) {
        text[offset + i - 1] = (char)('0' + number % 10);
    }
}

static bool stamp_is_at(const struct fsz_stamp_reader *reader, const char *text, size_t size)
{
    size_t length = strlen(reader->member);
    return reader->from_end >= FSZ_STAMP_DIGITS && reader->from_end + length <= size &&
           memcmp(text + size - reader->from_end - length, reader->member, length) == 0;
}

bool fsz_stamp_read(struct fsz_stamp_reader *reader, const char *text, size_t size,
                    uint64_t *ret_number)
{
    if (!stamp_is_at(reader, text, size)) {
        size_t offset = fsz_stamp_find(text, size, reader->member);
        if (offset == SIZE_MAX) {
            return false;
        }
        reader->from_end = size - offset;
    }
    uint64_t    number = 0;
    const char *digits = text + size - reader->from_end;
    for (size_t i = 0; i < FSZ_STAMP_DIGITS && digits[i] >= '0' && digits[i] <= '9'; i++) {
        number = number * 10 + (uint64_t)(digits[i] - '0');
    }
    *ret_number = number;
    return true;
}
