/* SPDX-License-Identifier: MPL-2.0 */
#include "base/closeonexec.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLOSEONEXEC_STEP_MS = 2, CLOSEONEXEC_QUIET_STEPS = 75 };

static void descriptors_each(fsz_descriptor_fn each, void *argument)
{
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        long fd = strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && fd < FSZ_CLOSEONEXEC_FDS && fd != dirfd(directory)) {
            each((int)fd, argument);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
}

static void descriptor_note(int fd, void *argument)
{
    struct fsz_closeonexec *before = argument;
    before->present[fd / 64] |= UINT64_C(1) << (fd % 64);
}

void fsz_closeonexec_begin(struct fsz_closeonexec *before)
{
    memset(before, 0, sizeof(*before));
    descriptors_each(descriptor_note, before);
}

static bool descriptor_is_a_librarys(int fd)
{
    char path[40], target[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    if (strncmp(target, "anon_inode:", 11) == 0 || strncmp(target, "pipe:", 5) == 0) {
        return true;
    }
    int       type = 0;
    socklen_t size = sizeof(type);
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           (type == SOCK_DGRAM || type == SOCK_RAW);
}

struct closeonexec_pass {
    const struct fsz_closeonexec *before;
    int                           marked;
    fsz_descriptor_fn             found;
    void                         *argument;
};

static void descriptor_mark(int fd, void *argument)
{
    struct closeonexec_pass *pass = argument;
    bool                     old = pass->before->present[fd / 64] >> (fd % 64) & 1;
    int                      flags = old ? -1 : fcntl(fd, F_GETFD);
    if (flags < 0 || !descriptor_is_a_librarys(fd)) {
        return;
    }
    if (!(flags & FD_CLOEXEC)) {
        pass->marked += fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0;
    }
    if (pass->found != NULL) {
        pass->found(fd, pass->argument);
    }
}

int fsz_closeonexec_end(const struct fsz_closeonexec *before, int settle_ms,
                        fsz_descriptor_fn found, void *argument)
{
    struct closeonexec_pass pass = {.before = before, .found = found, .argument = argument};
    const struct timespec   step = {.tv_nsec = CLOSEONEXEC_STEP_MS * 1000000L};
    for (int waited = 0, quiet = 0; waited < settle_ms && quiet < CLOSEONEXEC_QUIET_STEPS;
         waited += CLOSEONEXEC_STEP_MS) {
        nanosleep(&step, NULL);
        int marked = pass.marked;
        descriptors_each(descriptor_mark, &pass);
        quiet = pass.marked > 0 && pass.marked == marked ? quiet + 1 : 0;
    }
    return pass.marked;
}
