/* SPDX-License-Identifier: MPL-2.0 */
#include "event/ending.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Channel-State is the state that the channel's thread is in, Channel-State-Number the one that it
 * goes to next. */
static const char *const ending_states[] = {
    "CS_NEW",       "CS_INIT",           "CS_ROUTING", "CS_SOFT_EXECUTE",
    "CS_EXECUTE",   "CS_EXCHANGE_MEDIA", "CS_PARK",    "CS_CONSUME_MEDIA",
    "CS_HIBERNATE", "CS_RESET",
};
enum { ENDING_CONSUME_MEDIA = 7, ENDING_HIBERNATE = 8, ENDING_RESET = 9 };

static const char *ending_header(const struct fsz_event *event, const char *name)
{
    struct fsz_header header;
    bool              found = fsz_event_find(event, name, &header) && header.value_count == 0;
    return found ? header.value : NULL;
}

static bool ending_is(const struct fsz_event *event, const char *name, const char *value)
{
    const char *found = ending_header(event, name);
    return found != NULL && strcmp(found, value) == 0;
}

const char *fsz_ending_replacement(const struct fsz_event *event)
{
    bool leaves = ending_is(event, "variable_loopback_hangup_cause", "bridge") ||
                  ending_is(event, "variable_loopback_hangup_cause", "bowout");
    return leaves ? ending_header(event, "variable_loopback_bowout_other_uuid") : NULL;
}

const char *fsz_ending_hungup(const struct fsz_event *event)
{
    return fsz_ending_replacement(event) != NULL ? FSZ_ENDING_REPLACED : FSZ_ENDING_HANGUP;
}

/* NULL: the call stays where it is. */
static const char *ending_elsewhere(const struct fsz_event *event)
{
    const size_t count = sizeof(ending_states) / sizeof(ending_states[0]);
    const char  *number = ending_header(event, "Channel-State-Number");
    size_t state = number == NULL || *number == '\0' ? count : (size_t)strtoul(number, NULL, 10);
    if (state >= count || ending_is(event, "Channel-State", ending_states[state])) {
        return NULL;
    }
    bool joined =
        state == ENDING_CONSUME_MEDIA || state == ENDING_HIBERNATE || state == ENDING_RESET;
    return joined ? FSZ_ENDING_BRIDGED : FSZ_ENDING_TRANSFERRED;
}

const char *fsz_ending(const struct fsz_event *event)
{
    if (ending_is(event, "Answer-State", "hangup")) {
        return fsz_ending_hungup(event);
    }
    const char *elsewhere = ending_elsewhere(event);
    bool        dropped = ending_header(event, FSZ_ENDING_DROPPED) != NULL;
    return elsewhere == NULL && dropped ? FSZ_ENDING_LOST : elsewhere;
}
