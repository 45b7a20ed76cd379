/* file.h - small files with secrets: read whole, written whole or not at all.
 *
 * Any thread; they block on the disk. On failure ret_why says what is wrong, with the path and what
 * to do. */
#ifndef FSZ_FILE_H
#define FSZ_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct fsz_file {
    char  *text; /* ends with a NUL that does not count in size */
    size_t size;
    mode_t mode; /* the permissions that it had */
};

/* FSZ_ESYSTEM; FSZ_ELIMIT: larger than `limit_bytes`; FSZ_EINVALID: no regular file, or it has a
 * NUL in it; FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_file_read(const char *path, size_t limit_bytes, struct fsz_file *ret_file,
                                    char *ret_why, size_t why_bytes);
/* Wipes the text from memory and frees it. Accepts one that was never read. */
void fsz_file_forget(struct fsz_file *file);
/* Makes a file that is not there yet. FSZ_EBUSY: it is there; FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_file_create(const char *path, const char *text, mode_t mode,
                                      char *ret_why, size_t why_bytes);
/* Puts `text` in the place of a file, of which it keeps owner, group and mode; of a symbolic link
 * it replaces what that points to. One that is not there is made with mode 0600. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_file_replace(const char *path, const char *text, char *ret_why,
                                       size_t why_bytes);

#endif
