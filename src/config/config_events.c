/* SPDX-License-Identifier: MPL-2.0 */
/* Event names in values: explains invalid ones and warns of unknown ones. */
#include "base/eventname.h"
#include "config/config_reader.h"

#include <stdio.h>
#include <string.h>

static const char events_separators[] = ", \t\r\n";

static bool events_are_in(const struct fsz_config_key *key)
{
    if (key->type != FSZ_KEY_GRANTS) {
        return key->type == FSZ_KEY_SELECTION;
    }
    enum fsz_right right = fsz_config_key_right(key);
    return right == FSZ_RIGHT_EVENTS || right == FSZ_RIGHT_SEND_EVENTS;
}

void fsz_config_explain_event(const struct fsz_config_key *key, const char *item, size_t length,
                              char allowed[FSZ_PROBLEM_BYTES])
{
    char   why[FSZ_EVENTNAME_WHY_BYTES];
    size_t mark = item[0] == '!' && key->type == FSZ_KEY_SELECTION;
    if (events_are_in(key) && !fsz_eventname_is_valid(item + mark, length - mark, why)) {
        snprintf(allowed, FSZ_PROBLEM_BYTES, "%s", why);
    }
}

/* Not a mistake: a later FreeSWITCH may have the event. */
void fsz_config_warn_of_events(struct fsz_config_reader *r, const struct fsz_config_key *key,
                               const char *list, int line)
{
    char   why[FSZ_EVENTNAME_WHY_BYTES];
    size_t length = 0;
    list += strspn(list, events_separators);
    for (; *list != '\0' && events_are_in(key); list += strspn(list, events_separators)) {
        size_t mark = list[0] == '!';
        length = strcspn(list, events_separators);
        if (fsz_eventname_is_valid(list + mark, length - mark, why) &&
            !fsz_eventname_is_known(list + mark, length - mark, why)) {
            fsz_config_warn(r, line, "%s: %s", key->name, why);
        }
        list += length;
    }
}
