/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/access_private.h"
#include "base/clock.h"
#include "host/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum access_outcome {
    ACCESS_ADMITTED,
    ACCESS_UNKNOWN, /* a stream from a reload that has not reached access control yet */
    ACCESS_LATER,
    ACCESS_NO_MEMORY,
    ACCESS_LIMITED,
    ACCESS_NOT_LISTED,
    ACCESS_OTHER_SECURITY, /* a reload has just changed it */
    ACCESS_WRONG_CREDENTIALS,
};

/* A libzmq client that gets 400 gives up; after 300 it tries again. Peers see only the status; the
 * reason goes to the log and the audit. */
static const struct access_answer {
    const char *status;
    const char *why;
} access_answers[] = {
    [ACCESS_ADMITTED] = {"200", NULL},
    [ACCESS_UNKNOWN] = {"300", NULL},
    [ACCESS_LATER] = {"300", NULL},
    [ACCESS_NO_MEMORY] = {"300", NULL},
    [ACCESS_LIMITED] = {"300", "failures-per-minute reached"},
    [ACCESS_NOT_LISTED] = {"400", "not in its apply-inbound-acl"},
    [ACCESS_OTHER_SECURITY] = {"300", "a reload has changed its security"},
    [ACCESS_WRONG_CREDENTIALS] = {"400", "no user has these credentials"},
};

/* A check in progress. */
struct access_case {
    const struct access_check *check;
    struct fsz_domains        *domains; /* NULL: not configured yet */
    const struct fsz_domain   *domain;  /* NULL: not known */
    struct fsz_policy         *policy;
    int64_t                    failures_per_minute;
    struct fsz_peer            peer;
};

/* ---- judging --------------------------------------------------------------------------------- */

/* Takes references to the present state, so that lists, security and users are of one
 * configuration. */
static void access_case_begin(struct fsz_access *access, const struct access_check *check,
                              struct access_case *c)
{
    memset(c, 0, sizeof(*c));
    c->check = check;
    c->peer.serial = check->connection;
    snprintf(c->peer.address, sizeof(c->peer.address), "%.*s", FSZ_PEER_ADDRESS_BYTES - 1,
             check->address);
    pthread_mutex_lock(&access->lock);
    if (access->domains != NULL) {
        c->domains = fsz_domains_ref(access->domains);
        c->policy = fsz_policy_ref(access->policy);
        c->failures_per_minute = access->failures_per_minute;
    }
    pthread_mutex_unlock(&access->lock);
    c->domain = c->domains != NULL ? fsz_domains_find(c->domains, check->owner) : NULL;
}

static void access_case_end(struct access_case *c)
{
    fsz_policy_unref(&c->policy);
    fsz_domains_unref(&c->domains);
}

static bool access_needs_no_list(const struct access_case *c)
{
    return c->domain->acl_count == 0 || c->peer.address[0] == '\0';
}

static bool access_list_admits(const struct fsz_access *access, const struct access_case *c)
{
    const struct fsz_host *host = access->host;
    bool                   admitted = access_needs_no_list(c);
    for (size_t i = 0; !admitted && i < c->domain->acl_count; i++) {
        admitted = host->admits(host->self, c->domain->acls[i], c->peer.address);
    }
    return admitted;
}

static bool access_security_is(const struct access_case *c)
{
    static const enum fsz_zmtp_mechanism_name mechanisms[] = {
        [FSZ_SECURITY_NONE] = FSZ_ZMTP_NULL,
        [FSZ_SECURITY_PLAIN] = FSZ_ZMTP_PLAIN,
        [FSZ_SECURITY_CURVE] = FSZ_ZMTP_CURVE,
    };
    return c->check->shown.mechanism == mechanisms[c->domain->security];
}

static enum access_outcome access_judge_shown(struct fsz_access *access, struct access_case *c,
                                              int64_t now_ms)
{
    const struct fsz_shown *shown = &c->check->shown;
    const struct fsz_user  *user = NULL;
    switch (fsz_credentials_check(access->credentials, fsz_policy_users(c->policy), shown, now_ms,
                                  &user)) {
    case FSZ_OK:
        memcpy(c->peer.user, user->name, strlen(user->name) + 1);
        c->peer.proof =
            fsz_peer_proof(shown->mechanism == FSZ_ZMTP_CURVE ? shown->key : user->password);
        return ACCESS_ADMITTED;
    case FSZ_EDENIED:
        fsz_failures_note(access->failures, c->check->origin, now_ms);
        return ACCESS_WRONG_CREDENTIALS;
    case FSZ_EBUSY:
        return ACCESS_LATER;
    default:
        return ACCESS_NO_MEMORY;
    }
}

static enum access_outcome access_decide(struct fsz_access *access, struct access_case *c)
{
    if (c->domain == NULL) {
        return ACCESS_UNKNOWN;
    }
    if (!access_list_admits(access, c)) {
        return ACCESS_NOT_LISTED;
    }
    if (!access_security_is(c)) {
        return ACCESS_OTHER_SECURITY;
    }
    if (c->check->shown.mechanism == FSZ_ZMTP_NULL) {
        return ACCESS_ADMITTED;
    }
    int64_t now_ms = fsz_clock_monotonic_ms();
    if (fsz_failures_reach(access->failures, c->check->origin, c->failures_per_minute, now_ms)) {
        return ACCESS_LIMITED;
    }
    return c->check->stage == FSZ_ADMISSION_CREDENTIALS ? access_judge_shown(access, c, now_ms)
                                                        : ACCESS_ADMITTED;
}

/* ---- reporting ------------------------------------------------------------------------------ */

/* Tells an operator why a client cannot connect, even without an audit. */
static void access_log_refusal(struct fsz_access *access, const struct access_case *c,
                               const char *why)
{
    uint64_t suppressed = 0;
    if (!fsz_ratelimit_passes(&access->refusals, &suppressed)) {
        return;
    }
    fsz_host_log(access->host, FSZ_LOG_WARNING,
                 "%s: refused a connection from %s (%s); %" PRIu64 " more since the last such line",
                 c->check->owner, c->peer.address[0] != '\0' ? c->peer.address : "this host", why,
                 suppressed);
}

/* Describes the credentials: `PLAIN alice`, `CURVE Yne@$w-v...` (the audit removes whole keys). An
 * invalid user name is left out, since it may be a password typed in the wrong place. */
static void access_describe(const struct access_check *check, char *ret_text, size_t bytes)
{
    const struct fsz_shown *shown = &check->shown;
    const char             *mechanism = fsz_zmtp_mechanism_text(shown->mechanism);
    bool                    has_shown = check->stage == FSZ_ADMISSION_CREDENTIALS;
    if (has_shown && shown->mechanism == FSZ_ZMTP_CURVE) {
        snprintf(ret_text, bytes, "%s %.8s...", mechanism, shown->key);
    } else if (has_shown && shown->mechanism == FSZ_ZMTP_PLAIN &&
               fsz_user_name_is_valid(shown->user)) {
        snprintf(ret_text, bytes, "%s %s", mechanism, shown->user);
    } else {
        snprintf(ret_text, bytes, "%s", mechanism);
    }
}

static void access_write_audit(struct fsz_access *access, const struct access_case *c,
                               const char *why)
{
    char                    what[FSZ_USER_NAME_MAX + 32];
    struct fsz_audit_record record = {.peer = &c->peer,
                                      .socket = c->domain != NULL ? c->domain->label : "",
                                      .action = "connect",
                                      .what = what,
                                      .outcome = why == NULL ? "ok" : "refused",
                                      .why = why,
                                      .took_us = -1,
                                      .weight =
                                          why != NULL ? FSZ_AUDIT_REFUSAL : FSZ_AUDIT_ROUTINE};
    access_describe(c->check, what, sizeof(what));
    fsz_audit_write(access->audit, &record);
}

static void access_report(struct fsz_access *access, const struct access_case *c,
                          enum access_outcome outcome)
{
    const char           *why = access_answers[outcome].why;
    struct access_counts *counts = &access->counts[c->check->shown.mechanism];
    if (outcome != ACCESS_ADMITTED && why == NULL) {
        access->deferred++;
        return;
    }
    if (outcome == ACCESS_ADMITTED) {
        counts->admitted++;
    } else {
        counts->refused++;
        access->limited += outcome == ACCESS_LIMITED;
        access_log_refusal(access, c, why);
    }
    if (access->audit != NULL) {
        access_write_audit(access, c, why);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* An admission by address is not reported if credentials still have to be checked. */
static void access_finish(struct fsz_access *access, struct access_case *c,
                          enum access_outcome outcome, struct access_verdict *ret_verdict)
{
    const struct access_check *check = c->check;
    bool                       is_last =
        check->stage == FSZ_ADMISSION_CREDENTIALS || check->shown.mechanism == FSZ_ZMTP_NULL;
    if (outcome != ACCESS_ADMITTED || is_last) {
        access_report(access, c, outcome);
    }
    *ret_verdict = (struct access_verdict){access_answers[outcome].status, c->peer};
    access_case_end(c);
}

void fsz_access_judge(struct fsz_access *access, const struct access_check *check,
                      struct access_verdict *ret_verdict)
{
    struct access_case c;
    access_case_begin(access, check, &c);
    access_finish(access, &c, access_decide(access, &c), ret_verdict);
}

bool fsz_access_admit_at_once(struct fsz_access *access, const struct access_check *check,
                              struct access_verdict *ret_verdict)
{
    struct access_case c;
    access_case_begin(access, check, &c);
    if (check->shown.mechanism != FSZ_ZMTP_NULL || c.domain == NULL || !access_needs_no_list(&c) ||
        !access_security_is(&c)) {
        access_case_end(&c);
        return false;
    }
    access_finish(access, &c, ACCESS_ADMITTED, ret_verdict);
    return true;
}
