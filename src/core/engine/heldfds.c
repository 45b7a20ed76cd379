#include "heldfds.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { WORD_BITS = 64 };

static _Atomic uint64_t noted[FSZ_HELDFDS_NUMBERS / WORD_BITS]; /* by number: a connection's */

static struct {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t  room; /* numbers were released */
    unsigned        watchers;
    int             ready;           /* an eventfd; -1 without a watcher */
    uint64_t        taken, released; /* how many ever */
    int             fds[FSZ_HELDFDS_MAX];
} held = {.lock = PTHREAD_MUTEX_INITIALIZER, .room = PTHREAD_COND_INITIALIZER, .ready = -1};

static bool number_is_tracked(int fd)
{
    return fd >= 0 && fd < FSZ_HELDFDS_NUMBERS;
}

static uint64_t number_bit(int fd)
{
    return UINT64_C(1) << (fd % WORD_BITS);
}

void fsz_heldfds_note(int fd)
{
    if (number_is_tracked(fd)) {
        atomic_fetch_or(&noted[fd / WORD_BITS], number_bit(fd));
    }
}

/* Was it noted? It is not any more. */
static bool number_forget(int fd)
{
    uint64_t bit = number_is_tracked(fd) ? number_bit(fd) : 0;
    return bit != 0 && (atomic_fetch_and(&noted[fd / WORD_BITS], ~bit) & bit) != 0;
}

static void held_tell_locked(void)
{
    uint64_t one = 1;
    ssize_t  written = write(held.ready, &one, sizeof(one));
    (void)written; /* EAGAIN: it is readable anyway */
}

static bool held_is_full_locked(void)
{
    return held.watchers > 0 && held.taken - held.released == FSZ_HELDFDS_MAX;
}

/* While an I/O thread waits here, nothing new comes that the stream thread would have to read. */
static void held_wait_locked(void)
{
    struct timespec end;
    int             error = 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += FSZ_HELDFDS_WAIT_MS / 1000;
    while (held_is_full_locked() && error == 0) {
        error = pthread_cond_clockwait(&held.room, &held.lock, CLOCK_MONOTONIC, &end);
    }
}

/* dup3() closes the connection and takes its number in one step. */
static bool held_take_locked(int fd)
{
    if (held.ready < 0 || held.taken - held.released == FSZ_HELDFDS_MAX ||
        dup3(held.ready, fd, O_CLOEXEC) != fd) {
        return false;
    }
    held.fds[held.taken++ % FSZ_HELDFDS_MAX] = fd;
    held_tell_locked();
    return true;
}

bool fsz_heldfds_hold(int fd)
{
    if (!number_forget(fd)) {
        return false;
    }
    pthread_mutex_lock(&held.lock);
    held_wait_locked();
    bool taken = held_take_locked(fd);
    pthread_mutex_unlock(&held.lock);
    return taken;
}

static void held_release_locked(uint64_t mark)
{
    uint64_t count = 0;
    while (held.released < mark) {
        close(held.fds[held.released++ % FSZ_HELDFDS_MAX]);
    }
    pthread_cond_broadcast(&held.room);
    if (held.released == held.taken && held.ready >= 0) {
        ssize_t got = read(held.ready, &count, sizeof(count));
        (void)got; /* EAGAIN: there was none */
    }
}

void fsz_heldfds_watch(void)
{
    pthread_mutex_lock(&held.lock);
    if (held.watchers++ == 0) {
        held.ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    pthread_mutex_unlock(&held.lock);
}

void fsz_heldfds_unwatch(void)
{
    pthread_mutex_lock(&held.lock);
    if (--held.watchers == 0) {
        held_release_locked(held.taken);
        if (held.ready >= 0) {
            close(held.ready);
        }
        held.ready = -1;
    }
    pthread_mutex_unlock(&held.lock);
}

int fsz_heldfds_ready(void)
{
    pthread_mutex_lock(&held.lock);
    int fd = held.ready;
    pthread_mutex_unlock(&held.lock);
    return fd;
}

uint64_t fsz_heldfds_mark(void)
{
    pthread_mutex_lock(&held.lock);
    uint64_t mark = held.taken;
    pthread_mutex_unlock(&held.lock);
    return mark;
}

void fsz_heldfds_release(uint64_t mark)
{
    pthread_mutex_lock(&held.lock);
    held_release_locked(mark);
    pthread_mutex_unlock(&held.lock);
}
