/* SPDX-License-Identifier: MPL-2.0 */
/* descriptor.h - what dialers, listeners and sockets do with descriptors. Any thread. */
#ifndef FSZ_ZMTP_DESCRIPTOR_H
#define FSZ_ZMTP_DESCRIPTOR_H

#include <string.h>
#include <sys/socket.h>

/* Ignores errors: no option is essential, and one fails with EINVAL if the peer has left. */
static inline void fsz_descriptor_set(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Static storage, unlike that of strerror(3), which another thread may overwrite. */
static inline const char *fsz_descriptor_error(int error)
{
    const char *text = strerrordesc_np(error);
    return text != NULL ? text : "unknown error";
}

#endif
