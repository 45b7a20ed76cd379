#include "base/thread.h"

#include <signal.h>

enum { THREAD_LOCK_TRIES = 100 }; /* a microsecond or two */

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
