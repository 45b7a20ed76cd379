/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/greeting.h"

#include "zmtp/frame.h"

#include <string.h>

enum {
    AT_SIGNATURE_END = 9,
    AT_VERSION = 10,
    AT_MINOR = 11,
    AT_MECHANISM = 12,
    AT_AS_SERVER = 32,
    AT_TYPE = 11, /* in 2.0 */
    AT_IDENTITY = 12,
    SIGNATURE_FIRST = 0xFF,
    SIGNATURE_LAST = 0x7F,
    VERSION_2_0 = 1,
    VERSION_2_1 = 2, /* framed like 2.0 (RFC 23, section "Backwards interoperability") */
    VERSION_3 = 3
};

/* The eight bytes in between are the number 1: a peer of ZMTP 1.0 reads them as the header of an
 * empty identity. */
void fsz_greeting_open(uint8_t ret_bytes[FSZ_GREETING_OPENING_BYTES])
{
    memset(ret_bytes, 0, FSZ_GREETING_OPENING_BYTES);
    ret_bytes[0] = SIGNATURE_FIRST;
    ret_bytes[AT_SIGNATURE_END - 1] = 1;
    ret_bytes[AT_SIGNATURE_END] = SIGNATURE_LAST;
    ret_bytes[AT_VERSION] = VERSION_3;
}

size_t fsz_greeting_continue(enum fsz_zmtp_version version, enum fsz_zmtp_type own,
                             enum fsz_zmtp_mechanism_name mechanism, bool as_server,
                             uint8_t ret_bytes[FSZ_GREETING_BYTES])
{
    memset(ret_bytes, 0, FSZ_GREETING_BYTES);
    if (version == FSZ_ZMTP_2_0) {
        ret_bytes[0] = (uint8_t)own; /* followed by an empty frame, the identity */
        return FSZ_GREETING_2_0_BYTES - FSZ_GREETING_OPENING_BYTES;
    }
    const char *text = fsz_zmtp_mechanism_text(mechanism);
    ret_bytes[AT_MINOR - FSZ_GREETING_OPENING_BYTES] = 1;
    memcpy(ret_bytes + AT_MECHANISM - FSZ_GREETING_OPENING_BYTES, text, strlen(text));
    ret_bytes[AT_AS_SERVER - FSZ_GREETING_OPENING_BYTES] = as_server;
    return FSZ_GREETING_BYTES - FSZ_GREETING_OPENING_BYTES;
}

static fsz_err refuse(enum fsz_zmtp_ending ending, enum fsz_zmtp_ending *ret_ending)
{
    *ret_ending = ending;
    return FSZ_EINVALID;
}

/* A peer of ZMTP 1.0 begins with the frame of its identity. A short length is 1 for an empty
 * identity; a long length ends where the signature ends, and is followed by flags with an even
 * value (RFC 23). */
static fsz_err signature_read(const uint8_t *bytes, size_t size, enum fsz_zmtp_ending *ret_ending)
{
    if (size > 0 && bytes[0] != SIGNATURE_FIRST) {
        return refuse(bytes[0] == 1 ? FSZ_ZMTP_END_VERSION : FSZ_ZMTP_END_PROTOCOL, ret_ending);
    }
    if (size > AT_SIGNATURE_END && bytes[AT_SIGNATURE_END] != SIGNATURE_LAST) {
        bool is_flags = (bytes[AT_SIGNATURE_END] & 1) == 0;
        return refuse(is_flags ? FSZ_ZMTP_END_VERSION : FSZ_ZMTP_END_PROTOCOL, ret_ending);
    }
    return size > AT_SIGNATURE_END ? FSZ_OK : FSZ_EBUSY;
}

static fsz_err version_read(const uint8_t *bytes, size_t size, enum fsz_zmtp_version *ret_version,
                            enum fsz_zmtp_ending *ret_ending)
{
    fsz_err err = signature_read(bytes, size, ret_ending);
    if (err != FSZ_OK) {
        return err;
    }
    if (size <= AT_VERSION) {
        return FSZ_EBUSY;
    }
    if (bytes[AT_VERSION] < VERSION_2_0) {
        return refuse(FSZ_ZMTP_END_VERSION, ret_ending);
    }
    *ret_version = bytes[AT_VERSION] <= VERSION_2_1 ? FSZ_ZMTP_2_0 : FSZ_ZMTP_3_0;
    return FSZ_OK;
}

fsz_err fsz_greeting_version(const uint8_t *bytes, size_t size, enum fsz_zmtp_version *ret_version)
{
    enum fsz_zmtp_ending ending;
    return version_read(bytes, size, ret_version, &ending);
}

/* The known part of the mechanism's name: valid characters, then only NULs. */
static bool mechanism_is_valid(const uint8_t *bytes, size_t size)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+";
    bool              has_ended = false;
    for (size_t i = 0; i < size; i++) {
        has_ended = has_ended || bytes[i] == '\0';
        if (has_ended ? bytes[i] != '\0' : strchr(characters, bytes[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static enum fsz_zmtp_mechanism_name mechanism_find(const char *text)
{
    for (unsigned name = 0; name < FSZ_ZMTP_MECHANISMS; name++) {
        if (strcmp(text, fsz_zmtp_mechanism_text((enum fsz_zmtp_mechanism_name)name)) == 0) {
            return (enum fsz_zmtp_mechanism_name)name;
        }
    }
    return FSZ_ZMTP_MECHANISMS;
}

/* libzmq sends as-server 0 for servers too, and later minor versions may use the filler, so neither
 * is checked. */
static fsz_err read_3(const uint8_t *bytes, size_t size, struct fsz_greeting *greeting,
                      size_t *ret_used, enum fsz_zmtp_ending *ret_ending)
{
    size_t known = size < AT_AS_SERVER ? size : AT_AS_SERVER;
    if (known > AT_MECHANISM && !mechanism_is_valid(bytes + AT_MECHANISM, known - AT_MECHANISM)) {
        return refuse(FSZ_ZMTP_END_PROTOCOL, ret_ending);
    }
    if (size < FSZ_GREETING_BYTES) {
        return FSZ_EBUSY;
    }
    if (bytes[AT_VERSION] > VERSION_3 || bytes[AT_MINOR] > 0) {
        greeting->version = FSZ_ZMTP_3_1;
    }
    memcpy(greeting->mechanism_text, bytes + AT_MECHANISM, FSZ_GREETING_MECHANISM_BYTES);
    greeting->mechanism = mechanism_find(greeting->mechanism_text);
    greeting->as_server = bytes[AT_AS_SERVER] == 1;
    *ret_used = FSZ_GREETING_BYTES;
    return FSZ_OK;
}

/* The identity is a frame without MORE and COMMAND. */
static fsz_err identity_read(const uint8_t *bytes, size_t size, struct fsz_greeting *greeting,
                             size_t *ret_used)
{
    struct fsz_frame_head head;
    fsz_err               err = fsz_frame_read(bytes, size, &head);
    if (err != FSZ_OK) {
        return err;
    }
    if (head.flags != 0 || head.body_size > FSZ_ZMTP_ROUTING_ID_MAX) {
        return FSZ_EINVALID;
    }
    if (head.body_size > 0 && size > head.head_size && bytes[head.head_size] == 0) {
        return FSZ_EINVALID; /* reserved */
    }
    if (size - head.head_size < head.body_size) {
        return FSZ_EBUSY;
    }
    memcpy(greeting->routing_id, bytes + head.head_size, head.body_size);
    greeting->routing_id_size = head.body_size;
    *ret_used = head.head_size + head.body_size;
    return FSZ_OK;
}

static fsz_err read_2_0(const uint8_t *bytes, size_t size, struct fsz_greeting *greeting,
                        size_t *ret_used, enum fsz_zmtp_ending *ret_ending)
{
    if (size <= AT_TYPE) {
        return FSZ_EBUSY;
    }
    if (bytes[AT_TYPE] >= FSZ_ZMTP_TYPES) {
        return refuse(FSZ_ZMTP_END_TYPE, ret_ending);
    }
    greeting->type = (enum fsz_zmtp_type)bytes[AT_TYPE];
    greeting->mechanism = FSZ_ZMTP_NULL;
    memcpy(greeting->mechanism_text, "NULL", sizeof("NULL"));
    size_t  used = 0;
    fsz_err err = identity_read(bytes + AT_IDENTITY, size - AT_IDENTITY, greeting, &used);
    if (err == FSZ_EINVALID) {
        return refuse(FSZ_ZMTP_END_PROTOCOL, ret_ending);
    }
    if (err == FSZ_OK) {
        *ret_used = AT_IDENTITY + used;
    }
    return err;
}

fsz_err fsz_greeting_read(const uint8_t *bytes, size_t size, struct fsz_greeting *ret_greeting,
                          size_t *ret_used, enum fsz_zmtp_ending *ret_ending)
{
    struct fsz_greeting greeting = {0};
    fsz_err             err = version_read(bytes, size, &greeting.version, ret_ending);
    if (err != FSZ_OK) {
        return err;
    }
    err = greeting.version == FSZ_ZMTP_2_0 ? read_2_0(bytes, size, &greeting, ret_used, ret_ending)
                                           : read_3(bytes, size, &greeting, ret_used, ret_ending);
    if (err == FSZ_OK) {
        *ret_greeting = greeting;
    }
    return err;
}
