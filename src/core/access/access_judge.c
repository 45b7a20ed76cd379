#include "access_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is decided of one connection. */
enum access_verdict {
    ACCESS_ADMITTED,
    ACCESS_UNKNOWN, /* a stream that a reload has just made, whose lists come next */
    ACCESS_LATER,
    ACCESS_NO_MEMORY,
    ACCESS_LIMITED,
    ACCESS_NOT_LISTED,
    ACCESS_OTHER_SECURITY, /* libzmq has seen to it, but while a reload changes it */
    ACCESS_WRONG_CREDENTIALS,
};

/* A libzmq client that gets 400 gives up for good; after 300 it comes again, once the server's
 * handshake timeout has ended the connection. Peers are told no more than this: the rest is for the
 * log and the audit. */
static const struct access_answer {
    const char *status, *text;
    const char *why;
} access_answers[] = {
    [ACCESS_ADMITTED] = {"200", "OK", NULL},
    [ACCESS_UNKNOWN] = {"300", "come again", NULL},
    [ACCESS_LATER] = {"300", "come again", NULL},
    [ACCESS_NO_MEMORY] = {"300", "come again", NULL},
    [ACCESS_LIMITED] = {"300", "come again", "failures-per-minute reached"},
    [ACCESS_NOT_LISTED] = {"400", "not admitted", "not in its apply-inbound-acl"},
    [ACCESS_OTHER_SECURITY] = {"300", "come again", "its security is another"},
    [ACCESS_WRONG_CREDENTIALS] = {"400", "not admitted", "what it shows fits no user"},
};

static _Atomic uint64_t access_serial; /* of the connection admitted last, of this process */

/* ---- judging --------------------------------------------------------------------------------- */

static bool access_list_admits(const struct fsz_access *access, const struct fsz_domain *domain,
                               const char *address)
{
    bool admitted = domain->acl_count == 0 || address[0] == '\0';
    for (size_t i = 0; !admitted && i < domain->acl_count; i++) {
        admitted = access->host->admits(access->host->self, domain->acls[i], address);
    }
    return admitted;
}

static enum fsz_zap_mechanism access_mechanism_of(enum fsz_security security)
{
    static const enum fsz_zap_mechanism mechanisms[] = {
        [FSZ_SECURITY_NONE] = FSZ_MECHANISM_NULL,
        [FSZ_SECURITY_PLAIN] = FSZ_MECHANISM_PLAIN,
        [FSZ_SECURITY_CURVE] = FSZ_MECHANISM_CURVE,
    };
    return mechanisms[security];
}

static enum access_verdict access_judge_domain(const struct fsz_access *access,
                                               struct fsz_access_case  *c)
{
    const struct fsz_domain *domain =
        access->domains != NULL ? fsz_domains_find(access->domains, c->request.domain) : NULL;
    if (domain == NULL) {
        return ACCESS_UNKNOWN;
    }
    snprintf(c->label, sizeof(c->label), "%s", domain->label);
    c->policy = fsz_policy_ref(access->policy);
    c->failures_per_minute = access->failures_per_minute;
    if (!access_list_admits(access, domain, c->peer.address)) {
        return ACCESS_NOT_LISTED;
    }
    return c->request.mechanism == access_mechanism_of(domain->security) ? ACCESS_ADMITTED
                                                                         : ACCESS_OTHER_SECURITY;
}

static enum access_verdict access_judge_credentials(struct fsz_access      *access,
                                                    struct fsz_access_case *c)
{
    const struct fsz_user *user = NULL;
    int64_t                now_ms = fsz_now_ms();
    if (fsz_failures_reach(access->failures, c->request.address, c->failures_per_minute, now_ms)) {
        return ACCESS_LIMITED;
    }
    switch (fsz_credentials_check(access->credentials, fsz_policy_users(c->policy), &c->request,
                                  now_ms, &user)) {
    case FSZ_OK:
        memcpy(c->peer.user, user->name, strlen(user->name) + 1);
        c->peer.proof = fsz_peer_proof(
            c->request.mechanism == FSZ_MECHANISM_CURVE ? c->request.key : user->password);
        return ACCESS_ADMITTED;
    case FSZ_EDENIED:
        fsz_failures_note(access->failures, c->request.address, now_ms);
        return ACCESS_WRONG_CREDENTIALS;
    case FSZ_EBUSY:
        return ACCESS_LATER;
    default:
        return ACCESS_NO_MEMORY;
    }
}

static enum access_verdict access_judge(struct fsz_access *access, struct fsz_access_case *c)
{
    pthread_rwlock_rdlock(&access->lock);
    enum access_verdict verdict = access_judge_domain(access, c);
    pthread_rwlock_unlock(&access->lock);
    if (verdict == ACCESS_ADMITTED && c->request.mechanism != FSZ_MECHANISM_NULL) {
        verdict = access_judge_credentials(access, c);
    }
    return verdict;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* The line is for whoever wonders why a client does not get in, also where there is no audit. */
static void access_log_refusal(struct fsz_access *access, const struct fsz_access_case *c,
                               const char *why)
{
    uint64_t held_back = 0;
    char     line[640];
    if (!fsz_ratelimit_passes(&access->refusals, &held_back)) {
        return;
    }
    snprintf(line, sizeof(line),
             "%s: refused a connection from %s (%s); %" PRIu64 " more since the last such line",
             c->request.domain, c->peer.address[0] != '\0' ? c->peer.address : "this host", why,
             held_back);
    access->host->log(access->host->self, FSZ_LOG_WARNING, line);
}

/* `PLAIN alice`, `CURVE Yne@$w-v...`: what was shown. The audit cuts whole keys. A name that can't
 * be one may be a password typed in the wrong place. */
static void access_describe(const struct fsz_zap_request *request, char *ret_text, size_t bytes)
{
    const char *mechanism = fsz_mechanism_name(request->mechanism);
    if (request->mechanism == FSZ_MECHANISM_CURVE) {
        snprintf(ret_text, bytes, "%s %.8s...", mechanism, request->key);
    } else if (request->mechanism == FSZ_MECHANISM_PLAIN && fsz_user_name_is_valid(request->user)) {
        snprintf(ret_text, bytes, "%s %s", mechanism, request->user);
    } else {
        snprintf(ret_text, bytes, "%s", mechanism);
    }
}

static void access_write_audit(struct fsz_access *access, const struct fsz_access_case *c,
                               const char *why)
{
    char                    what[FSZ_ZAP_FRAME_BYTES + 16];
    struct fsz_audit_record record = {.peer = &c->peer,
                                      .channel = c->label,
                                      .action = "connect",
                                      .what = what,
                                      .outcome = why == NULL ? "ok" : "refused",
                                      .why = why,
                                      .took_us = -1,
                                      .weight =
                                          why != NULL ? FSZ_AUDIT_REFUSAL : FSZ_AUDIT_ROUTINE};
    access_describe(&c->request, what, sizeof(what));
    fsz_audit_write(access->audit, &record);
}

static void access_tell(struct fsz_access *access, const struct fsz_access_case *c,
                        enum access_verdict verdict)
{
    const char           *why = access_answers[verdict].why;
    struct access_counts *counts = &access->counts[c->request.mechanism];
    if (verdict != ACCESS_ADMITTED && why == NULL) {
        access->deferred++;
        return;
    }
    if (verdict == ACCESS_ADMITTED) {
        counts->admitted++;
    } else {
        counts->refused++;
        access->limited += verdict == ACCESS_LIMITED;
        access_log_refusal(access, c, why);
    }
    if (access->audit != NULL) {
        access_write_audit(access, c, why);
    }
}

void fsz_access_answer(struct fsz_access *access, struct fsz_access_case *c)
{
    char id[FSZ_PEER_ID_BYTES] = "";
    c->peer.fd = -1;
    snprintf(c->peer.address, sizeof(c->peer.address), "%s",
             fsz_peer_plain_address(c->request.address));
    enum access_verdict         verdict = access_judge(access, c);
    const struct access_answer *answer = &access_answers[verdict];
    if (verdict == ACCESS_ADMITTED) {
        c->peer.serial = ++access_serial;
        fsz_peer_write_id(&c->peer, id);
    }
    access_tell(access, c, verdict);
    fsz_zap_reply(access->socket, &c->frames, answer->status, answer->text, id);
    fsz_policy_unref(&c->policy);
}
