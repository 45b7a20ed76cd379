/* cidr.h - is an address in a list that needs no switch: `any`, `loopback.auto`, or a CIDR.
 *
 * Pure functions; any thread. */
#ifndef FSZ_CIDR_H
#define FSZ_CIDR_H

#include <stdbool.h>

/* Could `list` be one of these? */
bool fsz_cidr_is_valid(const char *list);

/* `address` is numeric, IPv4, IPv6 (also with a %zone) or IPv4-mapped, which counts as IPv4.
 * `loopback.auto` is 127.0.0.0/8 and ::1; a CIDR without a length is that one address. What is no
 * address or no list admits nothing, but for `any`, which admits whatever it is. */
bool fsz_cidr_contains(const char *list, const char *address);

#endif
