/* SPDX-License-Identifier: MPL-2.0 */
#include "base/uuid.h"

#include <stdio.h>
#include <sys/random.h>

void fsz_uuid_new(char ret_text[FSZ_UUID_BYTES])
{
    unsigned char b[16] = {0};
    ssize_t       got = getrandom(b, sizeof(b), 0); /* always returns all 16 bytes (getrandom(2)) */
    (void)got;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(ret_text, FSZ_UUID_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}
