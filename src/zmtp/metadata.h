/* SPDX-License-Identifier: MPL-2.0 */
/* metadata.h - properties (name and value) that peers exchange in the handshake (RFC 23, section
 * "Metadata"). Pure functions; any thread. */
#ifndef FSZ_ZMTP_METADATA_H
#define FSZ_ZMTP_METADATA_H

#include "base/buffer.h"
#include "zmtp/zmtp.h"

enum { FSZ_METADATA_BYTES_MAX = 4096, FSZ_METADATA_PROPERTIES_MAX = 32 };

struct fsz_metadata {
    bool               has_type; /* the property Socket-Type, which each side must send */
    enum fsz_zmtp_type type;
    uint8_t            routing_id[FSZ_ZMTP_ROUTING_ID_MAX]; /* the property Identity */
    size_t             routing_id_size;
};

/* Reads all properties. Names are not case-sensitive; unknown properties are skipped. FSZ_EINVALID:
 * not a list of properties, a known property twice, or an Identity that is too long or begins with
 * a NUL byte. FSZ_ENOTFOUND: unknown socket type. FSZ_ELIMIT: too many bytes or properties. */
FSZ_NODISCARD fsz_err fsz_metadata_read(const uint8_t *bytes, size_t size,
                                        struct fsz_metadata *ret_metadata);
/* Appends one property. */
void fsz_metadata_append(struct fsz_buffer *out, const char *name, const void *value, size_t size);

#endif
