/* redact.h - a text that somebody sent, made fit for logs: bounded, one line, without secrets.
 *
 * It would rather cut too much: what follows a name like `password`, `secret`, `token` or `key`,
 * the password of `user:password@host`, and words that look like CURVE keys or password hashes
 * become
 * `***`. Control characters become spaces. Any thread. docs/access.md, "Audit" */
#ifndef FSZ_REDACT_H
#define FSZ_REDACT_H

#include <stddef.h>

/* Writes at most `bytes` with the NUL; a longer text ends in `...`. `bytes` is at least 8. */
void fsz_redact(const char *text, char *ret_text, size_t bytes);

#endif
