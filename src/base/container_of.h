/* SPDX-License-Identifier: MPL-2.0 */
/* container_of.h - the structure that a member is embedded in. */
#ifndef FSZ_CONTAINER_OF_H
#define FSZ_CONTAINER_OF_H

#include <stddef.h>

/* `member_pointer` must point to the member named `member` of a `type`. */
#define FSZ_CONTAINER_OF(member_pointer, type, member)                                             \
    ((type *)(void *)((char *)(member_pointer)-offsetof(type, member)))

#endif
