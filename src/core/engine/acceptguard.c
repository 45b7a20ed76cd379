#include "acceptguard.h"

#include "elfslots.h"
#include "heldfds.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

typedef int (*accept4_fn)(int socket, struct sockaddr *address, socklen_t *size, int flags);
typedef int (*close_fn)(int fd);

enum { ACCEPTGUARD_PAUSE_US = 1000 };

static struct {
    pthread_mutex_t      lock; /* of users and slots */
    unsigned             users;
    struct fsz_elf_slots slots, close_slots;
    accept4_fn           accept4; /* libc's; fixed once the slots are set */
    close_fn             close;   /* the same */
    _Atomic int          spare;   /* a descriptor to give up for a peer; -1: none */
    _Atomic unsigned     inside;  /* threads of libzmq's in our code */
    _Atomic uint64_t     refused;
} guard = {.lock = PTHREAD_MUTEX_INITIALIZER, .spare = -1};

static void acceptguard_refill(void)
{
    if (atomic_load_explicit(&guard.spare, memory_order_relaxed) >= 0) {
        return;
    }
    int fd = eventfd(0, EFD_CLOEXEC), none = -1;
    if (fd >= 0 && !atomic_compare_exchange_strong(&guard.spare, &none, fd)) {
        close(fd);
    }
}

/* Cuts one waiting peer off. Where the spare is gone too, an I/O thread that finds the listener
 * readable again and again is at least slowed. */
static void acceptguard_refuse(int socket)
{
    int spare = atomic_exchange(&guard.spare, -1);
    if (spare < 0) {
        usleep(ACCEPTGUARD_PAUSE_US);
    } else {
        close(spare);
        int fd = guard.accept4(socket, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            atomic_fetch_add_explicit(&guard.refused, 1, memory_order_relaxed);
            close(fd);
        }
    }
    acceptguard_refill();
}

/* libzmq knows EAGAIN, EINTR, ECONNABORTED, EPROTO and ENFILE on every transport. The others are
 * what accept(2) says may come and is to be passed over. */
static int acceptguard_translate(int error)
{
    switch (error) {
    case EMFILE:
    case ENOMEM:
    case ENOBUFS:
        return ENFILE;
    case EPERM:
    case EACCES:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case ENONET:
        return ECONNABORTED;
    default:
        return error;
    }
}

/* accept4() as libzmq finds it. */
static int acceptguard_accept4(int socket, struct sockaddr *address, socklen_t *size, int flags)
{
    atomic_fetch_add(&guard.inside, 1);
    int fd = guard.accept4(socket, address, size, flags);
    int error = errno;
    if (fd >= 0) {
        fsz_heldfds_note(fd);
        acceptguard_refill();
    } else if (error == EMFILE || error == ENFILE) {
        acceptguard_refuse(socket);
    }
    errno = fd >= 0 ? error : acceptguard_translate(error);
    atomic_fetch_sub(&guard.inside, 1);
    return fd;
}

/* close() as libzmq finds it: a connection's number is kept for a while (heldfds.h). */
static int acceptguard_close(int fd)
{
    atomic_fetch_add(&guard.inside, 1);
    int result = fsz_heldfds_hold(fd) ? 0 : guard.close(fd);
    atomic_fetch_sub(&guard.inside, 1);
    return result;
}

static void acceptguard_start_close_locked(void)
{
    *(void **)&guard.close = dlsym(RTLD_DEFAULT, "close");
    if (guard.close == NULL) {
        return;
    }
    fsz_elf_slots_find(&guard.close_slots, (uintptr_t)zmq_errno, "close");
    if (fsz_elf_slots_set(&guard.close_slots, (uintptr_t)acceptguard_close) != FSZ_OK) {
        guard.close_slots.count = 0;
    }
}

static void acceptguard_start_locked(void)
{
    *(void **)&guard.accept4 = dlsym(RTLD_DEFAULT, "accept4");
    if (guard.accept4 == NULL) {
        return;
    }
    fsz_elf_slots_find(&guard.slots, (uintptr_t)zmq_errno, "accept4");
    acceptguard_refill();
    if (fsz_elf_slots_set(&guard.slots, (uintptr_t)acceptguard_accept4) != FSZ_OK) {
        guard.slots.count = 0;
    }
}

void fsz_acceptguard_take(void)
{
    pthread_mutex_lock(&guard.lock);
    if (guard.users++ == 0) {
        acceptguard_start_locked();
        acceptguard_start_close_locked();
    }
    pthread_mutex_unlock(&guard.lock);
}

/* Until no thread is in our code. One may have read the reference just before it was put back. */
static void acceptguard_settle(void)
{
    const struct timespec step = {.tv_nsec = FSZ_ACCEPTGUARD_SETTLE_MS * 1000000L};
    int                   waited_ms = 0;
    do {
        nanosleep(&step, NULL);
        waited_ms += FSZ_ACCEPTGUARD_SETTLE_MS;
    } while (atomic_load(&guard.inside) > 0 && waited_ms < FSZ_ACCEPTGUARD_LEAVE_MS);
}

/* True: that reference of libzmq's led here, and does not any more. */
static bool acceptguard_put_back(struct fsz_elf_slots *slots, uintptr_t function)
{
    if (slots->count == 0 || fsz_elf_slots_set(slots, function) != FSZ_OK) {
        return false;
    }
    slots->count = 0;
    return true;
}

void fsz_acceptguard_give(void)
{
    pthread_mutex_lock(&guard.lock);
    bool last = --guard.users == 0;
    bool closes = last && acceptguard_put_back(&guard.close_slots, (uintptr_t)guard.close);
    bool accepts = last && acceptguard_put_back(&guard.slots, (uintptr_t)guard.accept4);
    if (closes || accepts) {
        acceptguard_settle();
    }
    if (accepts) {
        int spare = atomic_exchange(&guard.spare, -1);
        if (spare >= 0) {
            close(spare);
        }
    }
    pthread_mutex_unlock(&guard.lock);
}

bool fsz_acceptguard_is_on(void)
{
    pthread_mutex_lock(&guard.lock);
    bool is_on = guard.users > 0 && guard.slots.count > 0;
    pthread_mutex_unlock(&guard.lock);
    return is_on;
}

uint64_t fsz_acceptguard_refused(void)
{
    return atomic_load_explicit(&guard.refused, memory_order_relaxed);
}
