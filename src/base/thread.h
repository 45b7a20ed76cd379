/* SPDX-License-Identifier: MPL-2.0 */
/* thread.h - starts threads that take no signals from the host; mutexes and conditions. */
#ifndef FSZ_THREAD_H
#define FSZ_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a thread of that name (at most 15 bytes) with all signals blocked. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_thread_start(pthread_t *ret_thread, const char *name,
                                       void *(*main)(void *), void       *argument);

/* A mutex for threads of different priorities: the thread that holds it inherits the priority of
 * those that wait. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_thread_init_lock(pthread_mutex_t *mutex);

/* A condition whose deadlines use the monotonic clock. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_thread_init_cond(pthread_cond_t *cond);
/* With `mutex` held, waits until the condition is signalled or fsz_clock_monotonic_ns() reaches
 * until_ns (INT64_MAX: no deadline). False: the deadline has passed. */
bool fsz_thread_wait_ns(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns);
/* The same with fsz_clock_monotonic_ms(). */
bool fsz_thread_wait_ms(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ms);

/* Locks a mutex that is only ever held for a few instructions. Spins a while before it sleeps,
 * because a contended mutex with priority inheritance always goes through the kernel. */
void fsz_thread_lock(pthread_mutex_t *mutex);

#endif
