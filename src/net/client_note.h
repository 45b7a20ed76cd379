/* client_note.h - what one event CUSTOM fszmq::client reports: plain facts, without references. */
#ifndef FSZ_CLIENT_NOTE_H
#define FSZ_CLIENT_NOTE_H

#include "keys/users.h"
#include "net/client_events.h"
#include "net/connections.h"

enum fsz_client_action {
    FSZ_CLIENT_CONNECT,
    FSZ_CLIENT_LEAVE, /* the peer's doing */
    FSZ_CLIENT_REJECT,
    FSZ_CLIENT_DISCONNECT, /* ours */
    FSZ_CLIENT_LAG,
    FSZ_CLIENT_CAUGHT_UP,
    FSZ_CLIENT_SUPPRESSED, /* of no connection: there were others */
    FSZ_CLIENT_ACTIONS
};

/* Each has a rate of its own, so that a flood of one hides no other. */
enum fsz_client_group {
    FSZ_CLIENT_TRAFFIC,  /* clients that connect and leave */
    FSZ_CLIENT_OFFENCES, /* rejected ones, and those that we end for what they have sent */
    FSZ_CLIENT_TROUBLE,  /* all other ends of ours; lag */
    FSZ_CLIENT_GROUPS
};

struct fsz_client_note {
    enum fsz_client_action       action;
    enum fsz_client_group        group;  /* of HELD_BACK */
    enum fsz_zmtp_ending         ending; /* of LEAVE, REJECT, DISCONNECT */
    uint64_t                     id;     /* 0: it never was a connection; what follows is empty */
    bool                         dialed;
    enum fsz_zmtp_version        version;
    enum fsz_zmtp_mechanism_name mechanism;
    int64_t                      uid, pid, age_ms;
    uint64_t                     dropped[FSZ_CONNECTION_PRIORITIES];
    uint64_t                     suppressed; /* before this one, of its group */
    char                         owner[FSZ_CONNECTION_OWNER_BYTES];
    char                         user[FSZ_USER_NAME_MAX + 1]; /* empty: none */
    char                         address[FSZ_ADDRESS_TEXT_BYTES], endpoint[FSZ_ADDRESS_TEXT_BYTES];
};

/* Any thread. */
void fsz_client_note_take(struct fsz_client_note *ret_note, enum fsz_client_action action,
                          const struct fsz_client_source *source, struct fsz_conn *conn,
                          enum fsz_zmtp_ending ending);
/* A REJECT of one that was closed at once. Any thread. */
void fsz_client_note_address(struct fsz_client_note         *ret_note,
                             const struct fsz_client_source *source, const struct fsz_address *peer,
                             enum fsz_zmtp_ending ending);
/* client_events.c: puts a copy into the outbox, if the rate and its size allow; any thread. */
bool fsz_client_events_are_on(const struct fsz_client_events *events);
void fsz_client_events_put(struct fsz_client_events *events, struct fsz_client_note *note);
/* Has the switch fire it. What host.h has of send_event. */
FSZ_NODISCARD fsz_err fsz_client_note_fire(const struct fsz_client_note *note,
                                           const struct fsz_host        *host);

#endif
