/* thread.h - threads that leave the host's signals alone, their locks and conditions. */
#ifndef FSZ_THREAD_H
#define FSZ_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a thread with every signal blocked, of that name (at most 15 bytes). FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_thread_start(pthread_t *ret_thread, const char *name,
                                       void *(*main)(void *), void       *argument);

/* A mutex for threads of different priorities: who holds it inherits that of who waits. FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_thread_init_lock(pthread_mutex_t *mutex);

/* A condition whose deadlines are on the monotonic clock. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_thread_init_cond(pthread_cond_t *cond);
/* Waits, with `mutex` held, until the condition is signalled or until that instant of
 * fsz_clock_monotonic_ns(); INT64_MAX: without end. False: the instant has passed. */
bool fsz_thread_wait_ns(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns);
/* The same with an instant of fsz_clock_monotonic_ms(). */
bool fsz_thread_wait_ms(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ms);

/* Locks a mutex that is held for a few instructions at a time: looks a while before it sleeps,
 * because a mutex that inherits priority goes through the kernel as soon as two want it. */
void fsz_thread_lock(pthread_mutex_t *mutex);

#endif
