/* SPDX-License-Identifier: MPL-2.0 */
/* json.h - small helpers for status objects (docs/operations.md): building and reading them. */
#ifndef FSZ_JSON_H
#define FSZ_JSON_H

#include "base/problems.h"

#include <jansson.h>
#include <stdint.h>

/* Adds the members of `more` that `object` does not have yet. Takes ownership of `more`, which may
 * be NULL. */
void fsz_json_merge(json_t *object, json_t *more);
/* Counters by drop priority: an object with "low", "normal" and "high". */
json_t *fsz_json_by_priority(const uint64_t counts[3]);
/* The lines that were kept, as an array of strings; NULL: an empty array. */
json_t *fsz_json_problems(const struct fsz_problems *problems);

/* The integer at `path`: names of members joined by dots. 0: there is none. */
long long fsz_json_number(const json_t *object, const char *path);
/* The string of that name, valid as long as `object`. "": there is none. */
const char *fsz_json_string(const json_t *object, const char *name);

#endif
