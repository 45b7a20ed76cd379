/* SPDX-License-Identifier: MPL-2.0 */
/* A directory of users in an SQLite file, for a switch that looks them up (docs/xml-services.md).
 *
 *     gcc -O2 -Wall -o directory directory.c -lzmq -ljansson -lsqlite3
 *     sqlite3 users.db <directory.sql
 *     ./directory users.db [endpoint]
 *
 * Debian: libzmq3-dev libjansson-dev libsqlite3-dev sqlite3
 *
 * The file may change while this runs. */
#include <jansson.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define SELECT "SELECT a1_hash, context FROM user WHERE domain = ?1 AND name = ?2"

enum { FAILED = -32000, BUSY_MS = 500, REQUEST_BYTES = 1 << 20, WAKE_MS = 500 };

static volatile sig_atomic_t ending;

static void end(int number)
{
    (void)number;
    ending = 1;
}

/* Writes a text so that it can be the value of a quoted attribute. */
static void print_attribute(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '"':
            fputs("&quot;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void print_user(FILE *out, const char *domain, const char *user, sqlite3_stmt *row)
{
    const char *parts[] = {"<document><section name=\"directory\"><domain name=\"",
                           domain,
                           "\"><user id=\"",
                           user,
                           "\"><params><param name=\"a1-hash\" value=\"",
                           (const char *)sqlite3_column_text(row, 0),
                           "\"/></params><variables><variable name=\"user_context\" value=\"",
                           (const char *)sqlite3_column_text(row, 1),
                           "\"/></variables></user></domain></section></document>"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (i % 2 == 0) {
            fputs(parts[i], out);
        } else {
            print_attribute(out, parts[i] != NULL ? parts[i] : "");
        }
    }
}

static json_t *document(const char *domain, const char *user, sqlite3_stmt *row)
{
    char  *xml = NULL;
    size_t size = 0;
    FILE  *out = open_memstream(&xml, &size);
    if (out == NULL) {
        return NULL;
    }
    print_user(out, domain, user, row);
    fclose(out);
    json_t *result = json_pack("{s:s}", "xml", xml);
    free(xml);
    return result;
}

/* The result for that user; NULL if the database cannot be read. */
static json_t *find(sqlite3_stmt *select, const char *domain, const char *user)
{
    json_t *result = NULL;
    sqlite3_bind_text(select, 1, domain, -1, SQLITE_STATIC);
    sqlite3_bind_text(select, 2, user, -1, SQLITE_STATIC);
    switch (sqlite3_step(select)) {
    case SQLITE_ROW:
        result = document(domain, user, select);
        break;
    case SQLITE_DONE:
        result = json_pack("{s:b}", "found", false);
        break;
    default: /* the caller asks sqlite3_errmsg() */
        break;
    }
    return result;
}

static json_t *reply_to(sqlite3 *database, sqlite3_stmt *select, json_t *request)
{
    const char *domain = NULL, *user = NULL;
    json_t     *result = NULL, *number = json_object_get(request, "id");
    if (json_unpack(request, "{s:{s:{s:s, s:s}}}", "params", "params", "domain", &domain, "user",
                    &user) == 0) {
        result = find(select, domain, user);
    } else { /* another type of lookup, such as a domain's gateways */
        result = json_pack("{s:b}", "found", false);
    }
    if (result != NULL) {
        result = json_pack("{s:s, s:O?, s:o}", "jsonrpc", "2.0", "id", number, "result", result);
    } else {
        fprintf(stderr, "%s\n", sqlite3_errmsg(database));
        result = json_pack("{s:s, s:O?, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", number, "error",
                           "code", FAILED, "message", sqlite3_errmsg(database));
    }
    sqlite3_reset(select);
    return result;
}

/* A REP socket must reply before it gets the next request: an invalid one gets an empty frame. */
static void send_reply(void *socket, json_t *reply)
{
    char *text = reply != NULL ? json_dumps(reply, JSON_COMPACT) : NULL;
    zmq_send(socket, text != NULL ? text : "", text != NULL ? strlen(text) : 0, 0);
    free(text);
    json_decref(reply);
}

static void serve(void *socket, sqlite3 *database, sqlite3_stmt *select)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    while (!ending) {
        if (zmq_msg_recv(&message, socket, 0) < 0) {
            continue; /* WAKE_MS have passed, or a signal arrived */
        }
        json_t *request = json_loadb(zmq_msg_data(&message), zmq_msg_size(&message), 0, NULL);
        send_reply(socket, request != NULL ? reply_to(database, select, request) : NULL);
        json_decref(request);
    }
    zmq_msg_close(&message);
}

static int run(const char *endpoint, sqlite3 *database, sqlite3_stmt *select)
{
    int64_t request_bytes = REQUEST_BYTES;
    int     wake_ms = WAKE_MS; /* a signal just before the wait does not end it */
    void   *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_REP);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &request_bytes, sizeof request_bytes);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wake_ms, sizeof wake_ms);
    int status = zmq_bind(socket, endpoint);
    if (status == 0) {
        fprintf(stderr, "listening on %s\n", endpoint);
        serve(socket, database, select);
    } else {
        fprintf(stderr, "%s: %s\n", endpoint, zmq_strerror(zmq_errno()));
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE [endpoint]\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct sigaction on_end = {.sa_handler = end};
    sigaction(SIGINT, &on_end, NULL);
    sigaction(SIGTERM, &on_end, NULL);

    int           status = EXIT_FAILURE;
    sqlite3      *database = NULL;
    sqlite3_stmt *select = NULL;
    if (sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(database, BUSY_MS) == SQLITE_OK &&
        sqlite3_prepare_v2(database, SELECT, -1, &select, NULL) == SQLITE_OK) {
        status = run(argc > 2 ? argv[2] : "tcp://127.0.0.1:5580", database, select);
    } else {
        fprintf(stderr, "%s: %s\n", argv[1], sqlite3_errmsg(database));
    }
    sqlite3_finalize(select);
    sqlite3_close(database);
    return status;
}
