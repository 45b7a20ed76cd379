/* SPDX-License-Identifier: MPL-2.0 */
/* digits.h - keys that a caller presses, and the application that collects them.
 *
 * The variable sim_digits, or else fsz_sim_options.digits, lists the keys. The caller presses one
 * every FSZ_DIGIT_MS while the application collects; `w` is a pause of FSZ_DIGIT_REST_MS. All with
 * the lock held. */
#ifndef FSZ_DIGITS_H
#define FSZ_DIGITS_H

#include "sim/state.h"

enum {
    FSZ_DIGIT_MS = 100,
    FSZ_DIGIT_REST_MS = 500,
};

struct fsz_execution;

/* Milliseconds in a text; below 0 is 0. */
uint64_t fsz_digits_ms(const char *text);
/* How long a file plays, in milliseconds. */
uint64_t fsz_digits_file_ms(const char *file);

/* play_and_get_digits. */
uint64_t fsz_digits_run(struct fsz_sim *sim, struct fsz_execution *execution);
uint64_t fsz_digits_next(struct fsz_sim *sim, struct fsz_execution *execution);
void     fsz_digits_ended(struct fsz_sim *sim, struct fsz_execution *execution);

/* A key is pressed: emits DTMF, and queues the key for the application that collects. false: not a
 * key. Keys beyond FSZ_LEG_KEYS_MAX are not queued. */
bool fsz_digits_press(struct fsz_sim *sim, struct fsz_leg *leg, char key);

#endif
