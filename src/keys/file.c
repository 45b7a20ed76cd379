/* SPDX-License-Identifier: MPL-2.0 */
#include "keys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading --------------------------------------------------------------------------------- */

static fsz_err file_read_all(int fd, const char *path, struct fsz_file *file, char *why,
                             size_t why_bytes)
{
    size_t got = 0;
    while (got < file->size) {
        ssize_t more = read(fd, file->text + got, file->size - got);
        if (more < 0 && errno == EINTR) {
            continue;
        }
        if (more <= 0) {
            snprintf(why, why_bytes, "%s: cannot read: %s", path,
                     more < 0 ? strerror(errno) : "the file became shorter; try again");
            return FSZ_ESYSTEM;
        }
        got += (size_t)more;
    }
    if (memchr(file->text, '\0', file->size) != NULL) {
        snprintf(why, why_bytes, "%s: contains a NUL byte; must be text", path);
        return FSZ_EINVALID;
    }
    return FSZ_OK;
}

static fsz_err file_measure(int fd, const char *path, size_t limit_bytes, struct fsz_file *file,
                            char *why, size_t why_bytes)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        snprintf(why, why_bytes, "%s: cannot read: %s", path, strerror(errno));
        return FSZ_ESYSTEM;
    }
    if (!S_ISREG(status.st_mode)) {
        snprintf(why, why_bytes, "%s: is not a regular file", path);
        return FSZ_EINVALID;
    }
    if ((uint64_t)status.st_size > limit_bytes) {
        snprintf(why, why_bytes, "%s: has %lld bytes; at most %zu are allowed", path,
                 (long long)status.st_size, limit_bytes);
        return FSZ_ELIMIT;
    }
    file->size = (size_t)status.st_size;
    file->mode = status.st_mode & 07777;
    file->text = calloc(file->size + 1, 1);
    if (file->text == NULL) {
        snprintf(why, why_bytes, "%s: out of memory", path);
        return FSZ_ENOMEM;
    }
    return FSZ_OK;
}

fsz_err fsz_file_read(const char *path, size_t limit_bytes, struct fsz_file *ret_file,
                      char *ret_why, size_t why_bytes)
{
    struct fsz_file file = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* opening a FIFO must not block */
    if (fd < 0) {
        snprintf(ret_why, why_bytes, "%s: cannot open: %s", path, strerror(errno));
        return FSZ_ESYSTEM;
    }
    fsz_err err = file_measure(fd, path, limit_bytes, &file, ret_why, why_bytes);
    if (err == FSZ_OK) {
        err = file_read_all(fd, path, &file, ret_why, why_bytes);
    }
    close(fd);
    if (err != FSZ_OK) {
        fsz_file_forget(&file);
        return err;
    }
    *ret_file = file;
    return FSZ_OK;
}

void fsz_file_forget(struct fsz_file *file)
{
    if (file->text != NULL) {
        sodium_memzero(file->text, file->size);
        free(file->text);
    }
    *file = (struct fsz_file){0};
}

/* ---- writing: to a new file beside it, which then takes its name
 * --------------------------------- */

static bool file_write_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(fd, text, left);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            text += written;
            left -= (size_t)written;
        }
    }
    return fsync(fd) == 0;
}

static bool file_take_owner(int fd, const struct stat *like)
{
    struct stat own;
    return fstat(fd, &own) == 0 && ((own.st_uid == like->st_uid && own.st_gid == like->st_gid) ||
                                    fchown(fd, like->st_uid, like->st_gid) == 0);
}

/* Writes a new file next to `path`, syncs it and stores its name in `temporary`. `like`: the file
 * whose owner it gets, or NULL. False: errno is set, and nothing is left behind. */
static bool file_write_beside(const char *path, const char *text, mode_t mode,
                              const struct stat *like, char temporary[PATH_MAX])
{
    if (snprintf(temporary, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600, whatever the umask */
    if (fd < 0) {
        return false;
    }
    bool written = (like == NULL || file_take_owner(fd, like)) && fchmod(fd, mode) == 0 &&
                   file_write_all(fd, text);
    int error = errno;
    if (close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    if (!written) {
        unlink(temporary);
        errno = error;
    }
    return written;
}

/* Makes the new name survive a crash. Best effort: not every file system supports it. */
static void file_sync_folder(const char *path)
{
    char        folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path) + 1, path);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

fsz_err fsz_file_create(const char *path, const char *text, mode_t mode, char *ret_why,
                        size_t why_bytes)
{
    char    temporary[PATH_MAX];
    fsz_err err = FSZ_ESYSTEM;
    if (file_write_beside(path, text, mode, NULL, temporary)) {
        bool linked = link(temporary, path) == 0;
        int  error = errno;
        unlink(temporary);
        if (linked) {
            file_sync_folder(path);
            return FSZ_OK;
        }
        errno = error;
        err = error == EEXIST ? FSZ_EBUSY : FSZ_ESYSTEM;
    }
    snprintf(ret_why, why_bytes, "%s: cannot create: %s%s", path, strerror(errno),
             err == FSZ_EBUSY ? "; move it away or choose another name" : "");
    return err;
}

fsz_err fsz_file_replace(const char *path, const char *text, char *ret_why, size_t why_bytes)
{
    char        temporary[PATH_MAX], target[PATH_MAX];
    struct stat old;
    bool        is_there = realpath(path, target) != NULL && stat(target, &old) == 0;
    const char *name = is_there ? target : path;
    mode_t      mode = is_there ? old.st_mode & 0777 & ~(mode_t)022 : 0600;
    if ((is_there || errno == ENOENT) &&
        file_write_beside(name, text, mode, is_there ? &old : NULL, temporary)) {
        if (rename(temporary, name) == 0) {
            file_sync_folder(name);
            return FSZ_OK;
        }
        int error = errno;
        unlink(temporary);
        errno = error;
    }
    snprintf(ret_why, why_bytes, "%s: cannot write: %s; the old file is unchanged", path,
             strerror(errno));
    return FSZ_ESYSTEM;
}
