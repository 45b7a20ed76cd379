/* SPDX-License-Identifier: MPL-2.0 */
/* uuid.h - random UUIDs (RFC 4122, version 4). Any thread. */
#ifndef FSZ_UUID_H
#define FSZ_UUID_H

enum { FSZ_UUID_BYTES = 37 }; /* 36 characters and the NUL */

void fsz_uuid_new(char ret_text[FSZ_UUID_BYTES]);

#endif
