/* SPDX-License-Identifier: MPL-2.0 */
#include "net/released.h"

#include "config/config_endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RELEASED_ROOM_FIRST = 16 };

struct fsz_released_address {
    char text[FSZ_ENDPOINT_BOUND_BYTES];
    bool ipv6;
};

void fsz_released_init(struct fsz_released *released)
{
    *released = (struct fsz_released){.list = NULL};
}

void fsz_released_fini(struct fsz_released *released)
{
    free(released->list);
    fsz_released_init(released);
}

static fsz_err released_append(struct fsz_released *released, const char *text, bool ipv6)
{
    if (released->count == released->room) {
        size_t room = released->room > 0 ? 2 * released->room : RELEASED_ROOM_FIRST;
        struct fsz_released_address *list = realloc(released->list, room * sizeof(*list));
        if (list == NULL) {
            return FSZ_ENOMEM;
        }
        released->list = list;
        released->room = room;
    }
    struct fsz_released_address *address = &released->list[released->count++];
    snprintf(address->text, sizeof(address->text), "%s", text);
    address->ipv6 = ipv6;
    return FSZ_OK;
}

/* Adds the address as configured and, if the system chose the port, as the system gave it. */
static fsz_err released_append_state(struct fsz_released             *released,
                                     const struct fsz_endpoint_state *state, bool ipv6)
{
    fsz_err err = released_append(released, state->address, ipv6);
    bool    resolved = state->open && strcmp(state->address, state->bound) != 0;
    return err == FSZ_OK && resolved ? released_append(released, state->bound, ipv6) : err;
}

fsz_err fsz_released_add(struct fsz_released *released, const struct fsz_endpoints *endpoints,
                         bool ipv6, const struct fsz_socket_config *next)
{
    fsz_err err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < endpoints->count; i++) {
        const struct fsz_endpoint_state *state = &endpoints->list[i];
        bool stays = next != NULL && fsz_endpoint_state_is_in(state, next);
        bool has = state->open || state->deferred;
        if (has && !state->connect && !stays) {
            err = released_append_state(released, state, ipv6);
        }
    }
    return err;
}

bool fsz_released_blocks(const struct fsz_released *released, const struct fsz_endpoint *wanted,
                         bool ipv6)
{
    for (size_t i = 0; released != NULL && !wanted->connect && i < released->count; i++) {
        struct fsz_released_address *address = &released->list[i];
        const struct fsz_endpoint    bound = {.address = address->text};
        if (fsz_endpoint_clashes(wanted, ipv6, &bound, address->ipv6)) {
            return true;
        }
    }
    return false;
}
