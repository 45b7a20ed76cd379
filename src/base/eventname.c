/* SPDX-License-Identifier: MPL-2.0 */
#include "base/eventname.h"

#include "base/glob.h"
#include "base/near.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const eventnames[] = {
    "ADD_SCHEDULE",
    "API",
    "BACKGROUND_JOB",
    "CALL_DETAIL",
    "CALL_SECURE",
    "CALL_SETUP_REQ",
    "CALL_SETUP_RESULT",
    "CALL_UPDATE",
    "CERT_RELOAD",
    "CHANNEL_ANSWER",
    "CHANNEL_APPLICATION",
    "CHANNEL_BRIDGE",
    "CHANNEL_CALLSTATE",
    "CHANNEL_CREATE",
    "CHANNEL_DATA",
    "CHANNEL_DESTROY",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HANGUP",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_HOLD",
    "CHANNEL_ORIGINATE",
    "CHANNEL_OUTGOING",
    "CHANNEL_PARK",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_STATE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_UNHOLD",
    "CHANNEL_UNPARK",
    "CHANNEL_UUID",
    "CLIENT_DISCONNECTED",
    "CODEC",
    "COMMAND",
    "CONFERENCE_DATA",
    "CONFERENCE_DATA_QUERY",
    "CUSTOM",
    "DEL_SCHEDULE",
    "DETECTED_SPEECH",
    "DETECTED_TONE",
    "DEVICE_STATE",
    "DTMF",
    "EXE_SCHEDULE",
    "FAILURE",
    "GENERAL",
    "HEARTBEAT",
    "INBOUND_CHAN",
    "LOG",
    "MEDIA_BUG_START",
    "MEDIA_BUG_STOP",
    "MESSAGE",
    "MESSAGE_QUERY",
    "MESSAGE_WAITING",
    "MODULE_LOAD",
    "MODULE_UNLOAD",
    "NAT",
    "NOTALK",
    "NOTIFY",
    "NOTIFY_IN",
    "OUTBOUND_CHAN",
    "PHONE_FEATURE",
    "PHONE_FEATURE_SUBSCRIBE",
    "PLAYBACK_START",
    "PLAYBACK_STOP",
    "PRESENCE_IN",
    "PRESENCE_OUT",
    "PRESENCE_PROBE",
    "PRIVATE_COMMAND",
    "PUBLISH",
    "RECORD_START",
    "RECORD_STOP",
    "RECV_INFO",
    "RECV_MESSAGE",
    "RECV_RTCP_MESSAGE",
    "RELOADXML",
    "REQUEST_PARAMS",
    "RE_SCHEDULE",
    "ROSTER",
    "SEND_INFO",
    "SEND_MESSAGE",
    "SEND_RTCP_MESSAGE",
    "SERVER_DISCONNECTED",
    "SESSION_CRASH",
    "SESSION_HEARTBEAT",
    "SHUTDOWN",
    "SHUTDOWN_REQUESTED",
    "SOCKET_DATA",
    "STARTUP",
    "TALK",
    "TEXT",
    "TRAP",
    "UNPUBLISH",
};
enum { EVENTNAMES = sizeof(eventnames) / sizeof(eventnames[0]) };

static const char eventname_prefix[] = "SWITCH_EVENT_";
static const char eventname_custom[] = "CUSTOM";
enum {
    EVENTNAME_PREFIX = sizeof(eventname_prefix) - 1,
    EVENTNAME_CUSTOM = sizeof(eventname_custom) - 1,
    EVENTNAME_SHOWN = 60, /* bytes of a wrong name in a message */
};

const char *fsz_eventname_canonical(const char *text, size_t length, size_t *ret_length)
{
    if (length > EVENTNAME_PREFIX && strncasecmp(text, eventname_prefix, EVENTNAME_PREFIX) == 0) {
        text += EVENTNAME_PREFIX;
        length -= EVENTNAME_PREFIX;
    }
    if (length == 3 && strncasecmp(text, "ALL", 3) == 0) {
        text = "*";
        length = 1;
    }
    *ret_length = length;
    return text;
}

static bool eventname_has_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '*';
}

/* Length of the longest beginning with only characters that a name may have. */
static size_t eventname_length(const char *text, size_t length)
{
    size_t name = 0;
    while (name < length && eventname_has_char(text[name])) {
        name++;
    }
    return name;
}

/* The subclass that was meant by `CUSTOM sofia::register`, `CUSTOM::sofia::register` or
 * `sofia::register`; or NULL. */
static const char *eventname_subclass(const char *text, size_t length, size_t *ret_length)
{
    const char *subclass = text;
    if (length > EVENTNAME_CUSTOM && strchr(" :,", text[EVENTNAME_CUSTOM]) != NULL &&
        strncasecmp(text, eventname_custom, EVENTNAME_CUSTOM) == 0) {
        subclass += EVENTNAME_CUSTOM;
        subclass += strspn(subclass, " :,");
    } else if (memmem(text, length, "::", 2) == NULL) {
        return NULL;
    }
    size_t skipped = (size_t)(subclass - text);
    *ret_length = skipped < length ? length - skipped : 0;
    return *ret_length > 0 && memchr(subclass, '/', *ret_length) == NULL ? subclass : NULL;
}

static void eventname_explain(const char *text, size_t length, char *ret_why)
{
    size_t      shown = 0;
    const char *subclass = eventname_subclass(text, length, &shown);
    if (ret_why == NULL) {
        return;
    }
    if (subclass != NULL) {
        shown = shown < EVENTNAME_SHOWN ? shown : EVENTNAME_SHOWN;
        snprintf(ret_why, FSZ_EVENTNAME_WHY_BYTES, "a subclass follows a slash: write CUSTOM/%.*s",
                 (int)shown, subclass);
    } else {
        snprintf(ret_why, FSZ_EVENTNAME_WHY_BYTES,
                 "an event is written NAME or NAME/SUBCLASS, such as CHANNEL_ANSWER or "
                 "CUSTOM/sofia::register; * stands for any text");
    }
}

/* `ALL/x` would have to be `CUSTOM/x`: no other event has a subclass. */
static bool eventname_is_all_of_subclass(const char *text, size_t name)
{
    return name == 3 && strncasecmp(text, "ALL", 3) == 0;
}

bool fsz_eventname_is_valid(const char *text, size_t length, char ret_why[FSZ_EVENTNAME_WHY_BYTES])
{
    text = fsz_eventname_canonical(text, length, &length);
    size_t name = eventname_length(text, length);
    bool   valid = name > 0 && (name == length || text[name] == '/');
    if (!valid) {
        eventname_explain(text, length, ret_why);
    } else if (eventname_is_all_of_subclass(text, name)) {
        valid = false;
        if (ret_why != NULL) {
            snprintf(ret_why, FSZ_EVENTNAME_WHY_BYTES,
                     "only CUSTOM has subclasses: write CUSTOM%.*s",
                     (int)(length - name < EVENTNAME_SHOWN ? length - name : EVENTNAME_SHOWN),
                     text + name);
        }
    }
    return valid;
}

static const char *eventname_nearest(const char *name, size_t length)
{
    const char *nearest = NULL;
    size_t      least = SIZE_MAX;
    for (size_t i = 0; i < EVENTNAMES; i++) {
        size_t distance = fsz_near_distance(name, length, eventnames[i]);
        if (distance < least) {
            least = distance;
            nearest = eventnames[i];
        }
    }
    return nearest;
}

bool fsz_eventname_is_known(const char *text, size_t length, char ret_why[FSZ_EVENTNAME_WHY_BYTES])
{
    char name[FSZ_EVENTNAME_WHY_BYTES];
    text = fsz_eventname_canonical(text, length, &length);
    length = eventname_length(text, length);
    snprintf(name, sizeof(name), "%.*s", (int)(length < sizeof(name) ? length : sizeof(name)),
             text);
    for (size_t i = 0; i < EVENTNAMES; i++) {
        if (fsz_glob(name, eventnames[i], strlen(eventnames[i]), SIZE_MAX)) {
            return true;
        }
    }
    const char *near = eventname_nearest(name, strlen(name));
    snprintf(ret_why, FSZ_EVENTNAME_WHY_BYTES, "FreeSWITCH 1.10 and 1.11 have no event %.*s%s%s%s",
             EVENTNAME_SHOWN, name, near ? "; did you mean " : "", near ? near : "",
             near ? "?" : "");
    return false;
}

const char *fsz_eventname_find(const char *name)
{
    for (size_t i = 0; i < EVENTNAMES; i++) {
        if (strcasecmp(eventnames[i], name) == 0) {
            return eventnames[i];
        }
    }
    return NULL;
}
