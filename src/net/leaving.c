#include "net/leaving.h"

#include "config/config_endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAVING_ROOM_FIRST = 16 };

struct fsz_leaving_address {
    char text[FSZ_ENDPOINT_BOUND_BYTES];
    bool ipv6;
};

void fsz_leaving_init(struct fsz_leaving *leaving)
{
    *leaving = (struct fsz_leaving){.list = NULL};
}

void fsz_leaving_fini(struct fsz_leaving *leaving)
{
    free(leaving->list);
    fsz_leaving_init(leaving);
}

static fsz_err leaving_append(struct fsz_leaving *leaving, const char *text, bool ipv6)
{
    if (leaving->count == leaving->room) {
        size_t room = leaving->room > 0 ? 2 * leaving->room : LEAVING_ROOM_FIRST;
        struct fsz_leaving_address *list = realloc(leaving->list, room * sizeof(*list));
        if (list == NULL) {
            return FSZ_ENOMEM;
        }
        leaving->list = list;
        leaving->room = room;
    }
    struct fsz_leaving_address *address = &leaving->list[leaving->count++];
    snprintf(address->text, sizeof(address->text), "%s", text);
    address->ipv6 = ipv6;
    return FSZ_OK;
}

/* As configured; and as the system gave it, for a port that was left to the system. */
static fsz_err leaving_append_state(struct fsz_leaving              *leaving,
                                    const struct fsz_endpoint_state *state, bool ipv6)
{
    fsz_err err = leaving_append(leaving, state->address, ipv6);
    bool    resolved = state->open && strcmp(state->address, state->bound) != 0;
    return err == FSZ_OK && resolved ? leaving_append(leaving, state->bound, ipv6) : err;
}

fsz_err fsz_leaving_add(struct fsz_leaving *leaving, const struct fsz_endpoints *endpoints,
                        bool ipv6, const struct fsz_socket_config *next)
{
    fsz_err err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < endpoints->count; i++) {
        const struct fsz_endpoint_state *state = &endpoints->list[i];
        bool stays = next != NULL && fsz_endpoint_state_is_in(state, next);
        bool has = state->open || state->deferred;
        if (has && !state->connect && !stays) {
            err = leaving_append_state(leaving, state, ipv6);
        }
    }
    return err;
}

bool fsz_leaving_blocks(const struct fsz_leaving *leaving, const struct fsz_endpoint *wanted,
                        bool ipv6)
{
    for (size_t i = 0; leaving != NULL && !wanted->connect && i < leaving->count; i++) {
        struct fsz_leaving_address *address = &leaving->list[i];
        const struct fsz_endpoint   bound = {.address = address->text};
        if (fsz_endpoint_clashes(wanted, ipv6, &bound, address->ipv6)) {
            return true;
        }
    }
    return false;
}
