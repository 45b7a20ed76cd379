/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/metadata.h"

#include <endian.h>
#include <string.h>
#include <strings.h>

/* The bytes left to read. */
struct cursor {
    const uint8_t *at;
    size_t         left;
};

struct property {
    const uint8_t *name, *value;
    size_t         name_size, value_size;
};

static const uint8_t *cursor_take(struct cursor *cursor, size_t size)
{
    if (size > cursor->left) {
        return NULL;
    }
    const uint8_t *bytes = cursor->at;
    cursor->at += size;
    cursor->left -= size;
    return bytes;
}

static bool property_read(struct cursor *cursor, struct property *ret_property)
{
    const uint8_t *name_size = cursor_take(cursor, 1);
    if (name_size == NULL || *name_size == 0) {
        return false;
    }
    const uint8_t *name = cursor_take(cursor, *name_size);
    uint32_t       value_size = 0;
    const uint8_t *value_size_bytes = name ? cursor_take(cursor, sizeof(value_size)) : NULL;
    if (value_size_bytes == NULL) {
        return false;
    }
    memcpy(&value_size, value_size_bytes, sizeof(value_size));
    value_size = be32toh(value_size);
    const uint8_t *value = cursor_take(cursor, value_size);
    *ret_property = (struct property){name, value, *name_size, value_size};
    return value != NULL;
}

static bool property_is(const struct property *property, const char *name)
{
    return strlen(name) == property->name_size &&
           strncasecmp(name, (const char *)property->name, property->name_size) == 0;
}

static fsz_err type_take(const struct property *property, struct fsz_metadata *metadata)
{
    if (metadata->has_type) {
        return FSZ_EINVALID;
    }
    metadata->has_type = true;
    return fsz_zmtp_type_find(property->value, property->value_size, &metadata->type);
}

static fsz_err routing_id_take(const struct property *property, struct fsz_metadata *metadata)
{
    size_t size = property->value_size;
    bool   is_reserved = size > 0 && property->value[0] == 0;
    if (size > FSZ_ZMTP_ROUTING_ID_MAX || is_reserved || metadata->routing_id_size > 0) {
        return FSZ_EINVALID;
    }
    memcpy(metadata->routing_id, property->value, size);
    metadata->routing_id_size = size;
    return FSZ_OK;
}

static fsz_err property_take(const struct property *property, struct fsz_metadata *metadata)
{
    if (property_is(property, "Socket-Type")) {
        return type_take(property, metadata);
    }
    if (property_is(property, "Identity")) {
        return routing_id_take(property, metadata);
    }
    return FSZ_OK;
}

fsz_err fsz_metadata_read(const uint8_t *bytes, size_t size, struct fsz_metadata *ret_metadata)
{
    if (size > FSZ_METADATA_BYTES_MAX) {
        return FSZ_ELIMIT;
    }
    struct cursor       cursor = {bytes, size};
    struct fsz_metadata metadata = {0};
    for (size_t count = 0; cursor.left > 0; count++) {
        struct property property;
        if (count == FSZ_METADATA_PROPERTIES_MAX) {
            return FSZ_ELIMIT;
        }
        if (!property_read(&cursor, &property)) {
            return FSZ_EINVALID;
        }
        fsz_err err = property_take(&property, &metadata);
        if (err != FSZ_OK) {
            return err;
        }
    }
    *ret_metadata = metadata;
    return FSZ_OK;
}

void fsz_metadata_append(struct fsz_buffer *out, const char *name, const void *value, size_t size)
{
    uint8_t  name_size = (uint8_t)strlen(name);
    uint32_t value_size = htobe32((uint32_t)size);
    fsz_buffer_append(out, &name_size, sizeof(name_size));
    fsz_buffer_append(out, name, name_size);
    fsz_buffer_append(out, &value_size, sizeof(value_size));
    fsz_buffer_append(out, value, size);
}
