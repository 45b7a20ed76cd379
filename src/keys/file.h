/* SPDX-License-Identifier: MPL-2.0 */
/* file.h - small files with secrets: read and written completely, or not at all.
 *
 * Any thread; blocks on the disk. On failure ret_why gives the path, the reason and what to do. */
#ifndef FSZ_FILE_H
#define FSZ_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct fsz_file {
    char  *text; /* ends with a NUL that size does not count */
    size_t size;
    mode_t mode; /* permissions of the file */
};

/* FSZ_ESYSTEM; FSZ_ELIMIT: larger than `limit_bytes`; FSZ_EINVALID: not a regular file, or it
 * contains a NUL; FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_file_read(const char *path, size_t limit_bytes, struct fsz_file *ret_file,
                                    char *ret_why, size_t why_bytes);
/* Wipes and frees the text. Accepts a file that was never read. */
void fsz_file_forget(struct fsz_file *file);
/* Creates a new file. FSZ_EBUSY: it exists; FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_file_create(const char *path, const char *text, mode_t mode,
                                      char *ret_why, size_t why_bytes);
/* Replaces the content of a file and keeps its owner, group and mode. Follows a symbolic link. A
 * missing file is created with mode 0600. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_file_replace(const char *path, const char *text, char *ret_why,
                                       size_t why_bytes);

#endif
