/* SPDX-License-Identifier: MPL-2.0 */
#include "net/client_note.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum { NOTE_HEADERS = 20, NOTE_NUMBER_BYTES = 24, NOTE_WORDS_BYTES = 512 };

static const char *const note_actions[FSZ_CLIENT_ACTIONS] = {
    [FSZ_CLIENT_CONNECT] = "connect",
    [FSZ_CLIENT_LEAVE] = "leave",
    [FSZ_CLIENT_REJECT] = "reject",
    [FSZ_CLIENT_DISCONNECT] = "disconnect",
    [FSZ_CLIENT_LAG] = "lag",
    [FSZ_CLIENT_CAUGHT_UP] = "caught-up",
    [FSZ_CLIENT_SUPPRESSED] = "suppressed",
};

static const char *const note_groups[FSZ_CLIENT_GROUPS] = {
    [FSZ_CLIENT_TRAFFIC] = "traffic",
    [FSZ_CLIENT_OFFENCES] = "offences",
    [FSZ_CLIENT_TROUBLE] = "trouble",
};

void fsz_client_note_take(struct fsz_client_note *ret_note, enum fsz_client_action action,
                          const struct fsz_client_source *source, struct fsz_conn *conn,
                          enum fsz_zmtp_ending ending)
{
    const struct fsz_conn_facts *facts = fsz_conn_facts(conn);
    struct fsz_conn_figures      figures;
    fsz_conn_figures(conn, &figures);
    *ret_note = (struct fsz_client_note){
        .action = action,
        .ending = ending,
        .id = facts->id,
        .dialed = facts->dialed,
        .version = facts->version,
        .mechanism = facts->mechanism,
        .uid = facts->uid,
        .pid = facts->pid,
        .age_ms = fsz_clock_monotonic_ms() - facts->since_ms,
        .dropped = {figures.dropped[FSZ_ZMTP_LOW], figures.dropped[FSZ_ZMTP_NORMAL],
                    figures.dropped[FSZ_ZMTP_HIGH]},
    };
    snprintf(ret_note->owner, sizeof(ret_note->owner), "%s/%s", source->type, source->name);
    snprintf(ret_note->user, sizeof(ret_note->user), "%.*s", FSZ_USER_NAME_MAX,
             fsz_zmtp_socket_identity(conn).user);
    snprintf(ret_note->address, sizeof(ret_note->address), "%s", facts->peer);
    snprintf(ret_note->endpoint, sizeof(ret_note->endpoint), "%s", facts->endpoint);
}

void fsz_client_note_address(struct fsz_client_note         *ret_note,
                             const struct fsz_client_source *source, const struct fsz_address *peer,
                             enum fsz_zmtp_ending ending)
{
    *ret_note = (struct fsz_client_note){
        .action = FSZ_CLIENT_REJECT, .ending = ending, .uid = -1, .pid = -1};
    snprintf(ret_note->owner, sizeof(ret_note->owner), "%s/%s", source->type, source->name);
    fsz_address_write(peer, ret_note->address);
}

/* ---- the event ------------------------------------------------------------------------------- */

struct note_headers {
    struct fsz_header list[NOTE_HEADERS + 1]; /* ended by a NULL name */
    char              numbers[NOTE_HEADERS][NOTE_NUMBER_BYTES];
    size_t            count;
};

/* The switch has no empty headers, so an empty value adds none. */
static void note_text(struct note_headers *headers, const char *name, const char *value)
{
    if (value[0] != '\0') {
        headers->list[headers->count++] = (struct fsz_header){.name = name, .value = value};
    }
}

static void note_number(struct note_headers *headers, const char *name, int64_t value)
{
    char *text = headers->numbers[headers->count];
    snprintf(text, NOTE_NUMBER_BYTES, "%" PRId64, value);
    note_text(headers, name, text);
}

static void note_identify(struct note_headers *headers, const struct fsz_client_note *note)
{
    if (note->id > 0) {
        note_number(headers, "Client-Id", (int64_t)note->id);
    }
    note_text(headers, "Client-Owner", note->owner);
    note_text(headers, "Client-Direction", note->dialed ? "dialed" : "accepted");
    note_text(headers, "Client-Endpoint", note->endpoint);
    note_text(headers, "Client-Address", note->address);
    if (note->uid >= 0) {
        note_number(headers, "Client-Uid", note->uid);
        note_number(headers, "Client-Pid", note->pid);
    }
    note_text(headers, "Client-User", note->user);
    if (note->version != FSZ_ZMTP_UNKNOWN) {
        note_text(headers, "Client-Mechanism", fsz_zmtp_mechanism_text(note->mechanism));
    }
    if (note->id > 0) {
        note_number(headers, "Client-Age-ms", note->age_ms);
    }
}

static void note_add_dropped(struct note_headers *headers, const struct fsz_client_note *note)
{
    note_number(headers, "Client-Dropped-Low", (int64_t)note->dropped[0]);
    note_number(headers, "Client-Dropped-Normal", (int64_t)note->dropped[1]);
    note_number(headers, "Client-Dropped-High", (int64_t)note->dropped[2]);
}

static void note_write(const struct fsz_client_note *note, struct note_headers *ret_headers)
{
    enum fsz_client_action action = note->action;
    *ret_headers = (struct note_headers){.count = 0};
    note_text(ret_headers, "Client-Action", note_actions[action]);
    if (action == FSZ_CLIENT_SUPPRESSED) {
        note_text(ret_headers, "Client-Group", note_groups[note->group]);
    } else {
        note_identify(ret_headers, note);
    }
    if (action == FSZ_CLIENT_LEAVE || action == FSZ_CLIENT_REJECT ||
        action == FSZ_CLIENT_DISCONNECT) {
        note_text(ret_headers, "Client-Reason", fsz_zmtp_ending_word(note->ending));
    }
    if (action == FSZ_CLIENT_LEAVE || action == FSZ_CLIENT_DISCONNECT || action == FSZ_CLIENT_LAG ||
        action == FSZ_CLIENT_CAUGHT_UP) {
        note_add_dropped(ret_headers, note);
    }
    if (note->suppressed > 0) {
        note_number(ret_headers, "Client-Suppressed", (int64_t)note->suppressed);
    }
}

fsz_err fsz_client_note_fire(const struct fsz_client_note *note, const struct fsz_host *host)
{
    struct note_headers headers;
    struct fsz_buffer   words;
    note_write(note, &headers);
    const struct fsz_event event = {.name = "CUSTOM",
                                    .subclass = FSZ_CLIENT_SUBCLASS,
                                    .headers = headers.list,
                                    .read = fsz_headers_of_array};
    fsz_buffer_init(&words, NOTE_WORDS_BYTES);
    fsz_err err = host->send_event(host->self, &event, &words);
    fsz_buffer_fini(&words);
    return err;
}
