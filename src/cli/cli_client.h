/* client.h - JSON-RPC 2.0 requests to an API socket (docs/protocol/requests.md). One thread.
 *
 * A request is sent when the connection is up, or not at all: none waits in a queue, where it would
 * run when the switch is back. None is sent a second time: the first may have run, though its
 * answer was lost. */
#ifndef FSZ_CLIENT_H
#define FSZ_CLIENT_H

#include "cli/connect.h"

#include <jansson.h>

/* Take a notification of the switch, and an answer that nobody waits for. What they get stays the
 * client's. */
typedef void (*fsz_client_notice_fn)(void *self, const char *method, const json_t *params);
typedef void (*fsz_client_answer_fn)(void *self, const json_t *answer);

struct fsz_client {
    struct fsz_connect   connect;
    struct fsz_account   account;
    void                *context;
    const char          *endpoint; /* of the API socket; the options' or the account's */
    json_int_t           last_id;
    double               timeout_s;  /* for the connection, then for the answer */
    bool                 unanswered; /* the last call was sent, and its answer did not come */
    uint64_t             notices;    /* taken so far */
    fsz_client_notice_fn notice;     /* or NULL, as the next */
    fsz_client_answer_fn answer;
    void                *notice_self; /* of both */
};

/* What the commands that ask have in common; FSZ_CLIENT_OPTIONS are its rows in their tables. */
struct fsz_client_options {
    const char                *endpoint;
    double                     timeout_s;
    struct fsz_account_options account;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): a member cannot stand in parentheses */
#define FSZ_CLIENT_OPTIONS(type, member)                                                           \
    {"endpoint",      'a',                                                                         \
     FSZ_OPTION_TEXT, offsetof(type, member.endpoint),                                             \
     "ENDPOINT",      "the switch's API socket"},                                                  \
        {"timeout",          't',                                                                  \
         FSZ_OPTION_SECONDS, offsetof(type, member.timeout_s),                                     \
         "SECONDS",          "how long to wait for the connection, then for the answer (10)"},     \
        FSZ_ACCOUNT_OPTIONS(type, member.account)
/* NOLINTEND(bugprone-macro-parentheses) */

enum { FSZ_CLIENT_TIMEOUT_S = 10, FSZ_CLIENT_TIMEOUT_MAX_S = 86400 };

/* How long an answer is waited for. */
double fsz_client_timeout_s(const struct fsz_client_options *options);
/* Returns FSZ_EXIT_OK, or an exit code with what went wrong told. The client is to be closed in
 * either case. Does not wait for the connection. */
int fsz_client_open(struct fsz_client *client, const char *program,
                    const struct fsz_client_options *options);
/* Ends the connection and makes a new one to the same endpoint. What was sent is not sent again.
 * FSZ_EXIT_OK, or an exit code; the reason has been printed. */
int fsz_client_reopen(struct fsz_client *client);
/* Sends a request now, takes `params` over; NULL: out of memory. Does not wait. Returns its id, or
 * 0: it has not been sent and never will be, and the reason has been printed. */
json_int_t fsz_client_send(struct fsz_client *client, const char *method, json_t *params);
/* Waits for the answer to `id` until `timeout_s` have passed. FSZ_EXIT_OK and *ret_answer, the
 * whole answer, which the caller decrefs; FSZ_EXIT_NO_ANSWER, with the reason printed, also when
 * the connection has ended: answers come on the connection that asked, or not at all. A signal ends
 * it with FSZ_EXIT_NO_ANSWER. */
int fsz_client_wait(struct fsz_client *client, json_int_t id, double timeout_s,
                    json_t **ret_answer);
/* Takes what has come. Does not wait. */
void fsz_client_take(struct fsz_client *client);
/* Waits until notifications have come and been taken, or until `timeout_s` have passed, which is
 * FSZ_EXIT_OK too. Outlives a lost connection. Else codes as below. */
int fsz_client_wait_notice(struct fsz_client *client, double timeout_s);
/* Sends and waits for the answer, with the client's timeout. FSZ_EXIT_NO_ANSWER, with the reason
 * told: not connected and not sent; or sent, and the answer did not come in time or was lost with
 * the connection, or a deadline passed in the switch. FSZ_EXIT_FAILED: the switch's error was
 * printed, or access control refused us. *ret_result is the `result` member, which the caller
 * decrefs. Takes `params` over. A signal ends it with FSZ_EXIT_NO_ANSWER. */
int fsz_client_call(struct fsz_client *client, const char *method, json_t *params,
                    json_t **ret_result);
/* The same for a request that changes nothing: it waits for a connection to come (back), as long
 * as the timeout lasts. */
int fsz_client_ask(struct fsz_client *client, const char *method, json_t *params,
                   json_t **ret_result);
/* Tells an answer's `error` on stderr. */
void fsz_client_tell_error(const struct fsz_client *client, const json_t *error);
void fsz_client_close(struct fsz_client *client);

#endif
