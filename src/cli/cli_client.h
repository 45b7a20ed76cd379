/* SPDX-License-Identifier: MPL-2.0 */
/* cli_client.h - JSON-RPC 2.0 requests to an API socket (docs/protocol/requests.md). One thread.
 *
 * A request is sent while the connection is up, or not at all. It never waits in a queue, where it
 * would run when the switch comes back. It is never sent a second time, because the first may have
 * run although its reply was lost. */
#ifndef FSZ_CLI_CLIENT_H
#define FSZ_CLI_CLIENT_H

#include "cli/connect.h"

#include <jansson.h>

/* Callbacks for notifications of the switch, and for replies that no call waits for. The client
 * owns what they get. */
typedef void (*fsz_client_notice_fn)(void *self, const char *method, const json_t *params);
typedef void (*fsz_client_answer_fn)(void *self, const json_t *answer);

struct fsz_client {
    struct fsz_connect   connect;
    struct fsz_account   account;
    void                *context;
    const char          *endpoint; /* of the API socket, from the options or the account */
    json_int_t           last_id;
    double               timeout_s;   /* for the connection, then for the reply */
    bool                 unanswered;  /* the last call was sent but got no reply */
    uint64_t             notices;     /* notifications so far */
    fsz_client_notice_fn notice;      /* may be NULL */
    fsz_client_answer_fn answer;      /* may be NULL */
    void                *notice_self; /* first argument of both */
};

/* Options of all commands that send requests; FSZ_CLIENT_OPTIONS has the rows for their tables. */
struct fsz_client_options {
    const char                *endpoint;
    double                     timeout_s;
    struct fsz_account_options account;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): a member cannot be put in parentheses */
#define FSZ_CLIENT_OPTIONS(type, member)                                                           \
    {"endpoint",      'a',                                                                         \
     FSZ_OPTION_TEXT, offsetof(type, member.endpoint),                                             \
     "ENDPOINT",      "the switch's API socket"},                                                  \
        {"timeout",          't',                                                                  \
         FSZ_OPTION_SECONDS, offsetof(type, member.timeout_s),                                     \
         "SECONDS",          "how long to wait to connect, then for the reply (default 10)"},      \
        FSZ_ACCOUNT_OPTIONS(type, member.account)
/* NOLINTEND(bugprone-macro-parentheses) */

enum { FSZ_CLIENT_TIMEOUT_S = 10, FSZ_CLIENT_TIMEOUT_MAX_S = 86400 };

/* How long to wait for the connection and for each reply. */
double fsz_client_timeout_s(const struct fsz_client_options *options);
/* Returns FSZ_EXIT_OK, or an exit code after reporting the error. The client must be closed in
 * either case. Does not wait for the connection. */
int fsz_client_open(struct fsz_client *client, const char *program,
                    const struct fsz_client_options *options);
/* Ends the connection and makes a new one to the same endpoint. No request is sent again. Returns
 * FSZ_EXIT_OK, or an exit code after printing the reason. */
int fsz_client_reopen(struct fsz_client *client);
/* Sends a request now, without waiting. Takes ownership of `params`; NULL: out of memory. Returns
 * the id of the request, or 0 after printing why it was not sent (it never will be). */
json_int_t fsz_client_send(struct fsz_client *client, const char *method, json_t *params);
/* Waits up to `timeout_s` for the reply to request `id`. FSZ_EXIT_OK: *ret_answer is the whole
 * reply, which the caller decrefs. FSZ_EXIT_NO_ANSWER, after printing the reason: no reply in time,
 * or the connection ended (a reply arrives on the connection of its request or not at all). A
 * signal also gives FSZ_EXIT_NO_ANSWER. */
int fsz_client_wait(struct fsz_client *client, json_int_t id, double timeout_s,
                    json_t **ret_answer);
/* Handles the messages that have arrived. Does not wait. */
void fsz_client_take(struct fsz_client *client);
/* Waits until a notification has been handled, or until `timeout_s` have passed (FSZ_EXIT_OK in
 * both cases). Keeps waiting when the connection is lost. Other codes as fsz_client_call(). */
int fsz_client_wait_notice(struct fsz_client *client, double timeout_s);
/* Sends a request and waits for the reply, with the client's timeout. Takes ownership of `params`.
 * FSZ_EXIT_OK: *ret_result is the `result` member, which the caller decrefs. FSZ_EXIT_NO_ANSWER,
 * after printing the reason: not connected, so not sent; or sent, but the reply was late or lost
 * with the connection, or the deadline passed in the switch. FSZ_EXIT_FAILED: the switch returned
 * an error, which was printed, or access control refused us. A signal gives FSZ_EXIT_NO_ANSWER. */
int fsz_client_call(struct fsz_client *client, const char *method, json_t *params,
                    json_t **ret_result);
/* The same for a request that changes nothing: while the timeout lasts, it also waits for a
 * connection to be made or restored. */
int fsz_client_ask(struct fsz_client *client, const char *method, json_t *params,
                   json_t **ret_result);
/* Prints the `error` of a reply on stderr. */
void fsz_client_tell_error(const struct fsz_client *client, const json_t *error);
void fsz_client_close(struct fsz_client *client);

#endif
