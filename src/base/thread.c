/* SPDX-License-Identifier: MPL-2.0 */
#include "base/thread.h"

#include <signal.h>
#include <time.h>

enum {
    THREAD_LOCK_TRIES = 100, /* a microsecond or two */
    THREAD_NS_PER_MS = 1000000,
    THREAD_NS_PER_S = 1000000000,
};

fsz_err fsz_thread_start(pthread_t *ret_thread, const char *name, void *(*main)(void *),
                         void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(ret_thread, NULL, main, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        return FSZ_ESYSTEM;
    }
    pthread_setname_np(*ret_thread, name);
    return FSZ_OK;
}

fsz_err fsz_thread_init_lock(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0) {
        return FSZ_ENOMEM;
    }
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    int error = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error == 0 ? FSZ_OK : FSZ_ENOMEM;
}

fsz_err fsz_thread_init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return FSZ_ENOMEM;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return error == 0 ? FSZ_OK : FSZ_ENOMEM;
}

bool fsz_thread_wait_ns(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns)
{
    const struct timespec until = {.tv_sec = until_ns / THREAD_NS_PER_S,
                                   .tv_nsec = until_ns % THREAD_NS_PER_S};
    if (until_ns == INT64_MAX) {
        return pthread_cond_wait(cond, mutex) == 0;
    }
    return pthread_cond_timedwait(cond, mutex, &until) == 0;
}

bool fsz_thread_wait_ms(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ms)
{
    return fsz_thread_wait_ns(cond, mutex,
                              until_ms < INT64_MAX / THREAD_NS_PER_MS ? until_ms * THREAD_NS_PER_MS
                                                                      : INT64_MAX);
}

static void thread_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void fsz_thread_lock(pthread_mutex_t *mutex)
{
    for (int tries = 0; tries < THREAD_LOCK_TRIES; tries++) {
        if (pthread_mutex_trylock(mutex) == 0) {
            return;
        }
        thread_pause();
    }
    pthread_mutex_lock(mutex);
}
