/* SPDX-License-Identifier: MPL-2.0 */
/* client_note.h - the facts that one event CUSTOM fszmq::client reports. Holds no references. */
#ifndef FSZ_CLIENT_NOTE_H
#define FSZ_CLIENT_NOTE_H

#include "keys/users.h"
#include "net/client_events.h"
#include "net/connections.h"

enum fsz_client_action {
    FSZ_CLIENT_CONNECT,
    FSZ_CLIENT_LEAVE, /* the peer ended it */
    FSZ_CLIENT_REJECT,
    FSZ_CLIENT_DISCONNECT, /* we ended it */
    FSZ_CLIENT_LAG,
    FSZ_CLIENT_CAUGHT_UP,
    FSZ_CLIENT_SUPPRESSED, /* not about one connection: events were suppressed */
    FSZ_CLIENT_ACTIONS
};

/* Each group has its own rate, so that a flood of one group does not hide another. */
enum fsz_client_group {
    FSZ_CLIENT_TRAFFIC,  /* clients that connect and leave */
    FSZ_CLIENT_OFFENCES, /* clients that we reject, or end for what they sent */
    FSZ_CLIENT_TROUBLE,  /* all other connections that we end; lag */
    FSZ_CLIENT_GROUPS
};

struct fsz_client_note {
    enum fsz_client_action action;
    enum fsz_client_group  group;  /* for SUPPRESSED */
    enum fsz_zmtp_ending   ending; /* for LEAVE, REJECT, DISCONNECT */
    uint64_t id; /* 0: closed before it became a connection; the members below are then empty */
    bool     dialed;
    enum fsz_zmtp_version        version;
    enum fsz_zmtp_mechanism_name mechanism;
    int64_t                      uid, pid, age_ms;
    uint64_t                     dropped[FSZ_CONNECTION_PRIORITIES];
    uint64_t suppressed; /* number of events of its group suppressed before this one */
    char     owner[FSZ_CONNECTION_OWNER_BYTES];
    char     user[FSZ_USER_NAME_MAX + 1]; /* empty: none */
    char     address[FSZ_ADDRESS_TEXT_BYTES], endpoint[FSZ_ADDRESS_TEXT_BYTES];
};

/* Any thread. */
void fsz_client_note_take(struct fsz_client_note *ret_note, enum fsz_client_action action,
                          const struct fsz_client_source *source, struct fsz_conn *conn,
                          enum fsz_zmtp_ending ending);
/* Makes a REJECT note for a connection that was closed at once. Any thread. */
void fsz_client_note_address(struct fsz_client_note         *ret_note,
                             const struct fsz_client_source *source, const struct fsz_address *peer,
                             enum fsz_zmtp_ending ending);
/* In client_events.c. Puts a copy into the outbox, if the rate and the size of the outbox allow it;
 * any thread. */
bool fsz_client_events_are_on(const struct fsz_client_events *events);
void fsz_client_events_put(struct fsz_client_events *events, struct fsz_client_note *note);
/* Makes the switch fire the event. Errors as for send_event in host.h. */
FSZ_NODISCARD fsz_err fsz_client_note_fire(const struct fsz_client_note *note,
                                           const struct fsz_host        *host);

#endif
