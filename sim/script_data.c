/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/script_data.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The assembler includes the file, so no source has to be generated. */
__asm__(".section .rodata\n"
        ".global fsz_script_builtin\n"
        "fsz_script_builtin: .incbin \"" FSZ_SIM_FLOWS "\"\n"
        ".global fsz_script_builtin_end\n"
        "fsz_script_builtin_end: .byte 0\n"
        ".previous\n");
extern const char fsz_script_builtin[], fsz_script_builtin_end[];

static fsz_err data_map(int fd, struct fsz_script_data *ret_data)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return FSZ_ESYSTEM;
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        errno = EINVAL;
        return FSZ_ESYSTEM;
    }
    if (status.st_size > FSZ_SCRIPT_BYTES_MAX) {
        errno = EFBIG;
        return FSZ_ESYSTEM;
    }
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        return FSZ_ESYSTEM;
    }
    *ret_data =
        (struct fsz_script_data){.text = bytes, .size = (size_t)status.st_size, .mapped = bytes};
    return FSZ_OK;
}

fsz_err fsz_script_data_open(const char *path, struct fsz_script_data *ret_data)
{
    if (path == NULL) {
        *ret_data =
            (struct fsz_script_data){.text = fsz_script_builtin,
                                     .size = (size_t)(fsz_script_builtin_end - fsz_script_builtin)};
        return FSZ_OK;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return FSZ_ESYSTEM;
    }
    fsz_err err = data_map(fd, ret_data);
    int     saved = errno;
    close(fd);
    errno = saved;
    return err;
}

void fsz_script_data_close(struct fsz_script_data *data)
{
    if (data->mapped != NULL) {
        munmap(data->mapped, data->size);
    }
    *data = (struct fsz_script_data){0};
}
