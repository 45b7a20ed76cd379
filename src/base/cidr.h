/* SPDX-License-Identifier: MPL-2.0 */
/* cidr.h - access lists that need no switch: `any`, `loopback.auto`, or a CIDR block.
 *
 * Pure functions; any thread. */
#ifndef FSZ_CIDR_H
#define FSZ_CIDR_H

#include <stdbool.h>

/* Is `list` one of these? */
bool fsz_cidr_is_valid(const char *list);

/* Does the list contain the address? `address` is numeric: IPv4, IPv6 (also with a %zone), or
 * IPv4-mapped, which counts as IPv4. `loopback.auto` is 127.0.0.0/8 and ::1. A CIDR block without a
 * length is one address. An invalid address or list never matches, except that `any` matches
 * everything. */
bool fsz_cidr_contains(const char *list, const char *address);

#endif
