/* SPDX-License-Identifier: MPL-2.0 */
/* redact.h - prepares a received text for the log: limited length, one line, no secrets.
 *
 * Rather too much than too little becomes `***`: the text after a name like `password`, `secret`,
 * `token` or `key`, the password in `user:password@host`, and words that look like CURVE keys or
 * password hashes. Control characters become spaces. Any thread. docs/access.md, "Audit" */
#ifndef FSZ_REDACT_H
#define FSZ_REDACT_H

#include <stddef.h>

/* Writes at most `bytes`, including the NUL; a longer text ends in `...`. `bytes` is at least 8. */
void fsz_redact(const char *text, char *ret_text, size_t bytes);

#endif
