/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/zmtp.h"

#include <string.h>

static const char *const type_names[FSZ_ZMTP_TYPES] = {
    [FSZ_ZMTP_PAIR] = "PAIR",     [FSZ_ZMTP_PUB] = "PUB",   [FSZ_ZMTP_SUB] = "SUB",
    [FSZ_ZMTP_REQ] = "REQ",       [FSZ_ZMTP_REP] = "REP",   [FSZ_ZMTP_DEALER] = "DEALER",
    [FSZ_ZMTP_ROUTER] = "ROUTER", [FSZ_ZMTP_PULL] = "PULL", [FSZ_ZMTP_PUSH] = "PUSH",
    [FSZ_ZMTP_XPUB] = "XPUB",     [FSZ_ZMTP_XSUB] = "XSUB",
};

#define TYPE_BIT(type) (1U << (type))

/* For each socket type, the peer types that it can talk to. */
static const unsigned type_peers[FSZ_ZMTP_TYPES] = {
    [FSZ_ZMTP_PAIR] = TYPE_BIT(FSZ_ZMTP_PAIR),
    [FSZ_ZMTP_PUB] = TYPE_BIT(FSZ_ZMTP_SUB) | TYPE_BIT(FSZ_ZMTP_XSUB),
    [FSZ_ZMTP_SUB] = TYPE_BIT(FSZ_ZMTP_PUB) | TYPE_BIT(FSZ_ZMTP_XPUB),
    [FSZ_ZMTP_REQ] = TYPE_BIT(FSZ_ZMTP_REP) | TYPE_BIT(FSZ_ZMTP_ROUTER),
    [FSZ_ZMTP_REP] = TYPE_BIT(FSZ_ZMTP_REQ) | TYPE_BIT(FSZ_ZMTP_DEALER),
    [FSZ_ZMTP_DEALER] =
        TYPE_BIT(FSZ_ZMTP_REP) | TYPE_BIT(FSZ_ZMTP_DEALER) | TYPE_BIT(FSZ_ZMTP_ROUTER),
    [FSZ_ZMTP_ROUTER] =
        TYPE_BIT(FSZ_ZMTP_REQ) | TYPE_BIT(FSZ_ZMTP_DEALER) | TYPE_BIT(FSZ_ZMTP_ROUTER),
    [FSZ_ZMTP_PULL] = TYPE_BIT(FSZ_ZMTP_PUSH),
    [FSZ_ZMTP_PUSH] = TYPE_BIT(FSZ_ZMTP_PULL),
    [FSZ_ZMTP_XPUB] = TYPE_BIT(FSZ_ZMTP_SUB) | TYPE_BIT(FSZ_ZMTP_XSUB),
    [FSZ_ZMTP_XSUB] = TYPE_BIT(FSZ_ZMTP_PUB) | TYPE_BIT(FSZ_ZMTP_XPUB),
};

static const char *const mechanism_texts[] = {
    [FSZ_ZMTP_NULL] = "NULL",
    [FSZ_ZMTP_PLAIN] = "PLAIN",
    [FSZ_ZMTP_CURVE] = "CURVE",
    [FSZ_ZMTP_MECHANISMS] = "other",
};

static const struct {
    const char *word, *text;
} endings[] = {
#define ENDING_ROW(name, word, text) [FSZ_ZMTP_END_##name] = {word, text},
    FSZ_ZMTP_ENDINGS(ENDING_ROW)
#undef ENDING_ROW
};

const char *fsz_zmtp_type_name(enum fsz_zmtp_type type)
{
    return type < FSZ_ZMTP_TYPES ? type_names[type] : "other";
}

fsz_err fsz_zmtp_type_find(const void *name, size_t size, enum fsz_zmtp_type *ret_type)
{
    for (unsigned type = 0; type < FSZ_ZMTP_TYPES; type++) {
        if (strlen(type_names[type]) == size && memcmp(type_names[type], name, size) == 0) {
            *ret_type = (enum fsz_zmtp_type)type;
            return FSZ_OK;
        }
    }
    return FSZ_ENOTFOUND;
}

bool fsz_zmtp_types_match(enum fsz_zmtp_type own, enum fsz_zmtp_type peer)
{
    return own < FSZ_ZMTP_TYPES && peer < FSZ_ZMTP_TYPES && (type_peers[own] & TYPE_BIT(peer));
}

const char *fsz_zmtp_mechanism_text(enum fsz_zmtp_mechanism_name name)
{
    return mechanism_texts[name < FSZ_ZMTP_MECHANISMS ? name : FSZ_ZMTP_MECHANISMS];
}

const char *fsz_zmtp_ending_word(enum fsz_zmtp_ending ending)
{
    return ending < FSZ_ZMTP_ENDING_COUNT ? endings[ending].word : "";
}

const char *fsz_zmtp_ending_text(enum fsz_zmtp_ending ending)
{
    return ending < FSZ_ZMTP_ENDING_COUNT ? endings[ending].text : "";
}
