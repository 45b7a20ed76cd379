/* SPDX-License-Identifier: MPL-2.0 */
/* config_value.h - parses numbers, sizes and truth values of a configuration.
 *
 * Pure; any thread. All return false and leave the output untouched if the text is not valid. */
#ifndef FSZ_CONFIG_VALUE_H
#define FSZ_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Digits only, to the end of the text, in base 10 or 8. */
bool fsz_value_number(const char *text, int base, int64_t *ret_number);
/* Digits and at most one of K, M, G (times 1024, 1024², 1024³), in either case. */
bool fsz_value_size(const char *text, int64_t *ret_bytes);
/* The words that FreeSWITCH takes for true and false (true, yes, on, t, enabled, active, allow and
 * their opposites), letter case ignored; or a number, where 0 is false. */
bool fsz_value_bool(const char *text, bool *ret_truth);

#endif
