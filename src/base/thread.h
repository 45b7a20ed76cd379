/* thread.h - threads that leave the host's signals alone. */
#ifndef FSZ_THREAD_H
#define FSZ_THREAD_H

#include "base/err.h"

#include <pthread.h>

/* Starts a thread with every signal blocked, of that name (at most 15 bytes). FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_thread_start(pthread_t *ret_thread, const char *name,
                                       void *(*main)(void *), void       *argument);

/* A mutex for threads of different priorities: who holds it inherits that of who waits. FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_thread_init_lock(pthread_mutex_t *mutex);

/* Locks a mutex that is held for a few instructions at a time: looks a while before it sleeps,
 * because a mutex that inherits priority goes through the kernel as soon as two want it. */
void fsz_thread_lock(pthread_mutex_t *mutex);

#endif
