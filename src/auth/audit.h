/* SPDX-License-Identifier: MPL-2.0 */
/* audit.h - records who did what, from where, and with what outcome, as events and in the log.
 *
 * Each record becomes an event CUSTOM fszmq::audit; refusals and changes also become a log line.
 * Both have a rate limit. Suppressed records are counted, and the next record reports how many. Any
 * thread; never blocks. Texts are cut to a length, and their secrets are removed (redact.h).
 * docs/access.md, "Audit" */
#ifndef FSZ_AUDIT_H
#define FSZ_AUDIT_H

#include "auth/peer.h"
#include "event/event.h"
#include "host/host.h"

struct fsz_audit;

#define FSZ_AUDIT_SUBCLASS "fszmq::audit"

enum {
    FSZ_AUDIT_RATE_DEFAULT = 100, /* records a second, of commands and of refusals each */
    FSZ_AUDIT_LOG_RATE = 2,       /* log lines a second, of each; never more than the rate */
    FSZ_AUDIT_LOG_BURST = 20,     /* log lines in a row after a pause */
    FSZ_AUDIT_TEXT_BYTES = 512,   /* of each text of a record */
};

enum fsz_audit_weight {
    FSZ_AUDIT_ROUTINE, /* changed nothing: only an event */
    FSZ_AUDIT_CHANGE,  /* changed something, or may have: also a log line at INFO */
    FSZ_AUDIT_REFUSAL, /* also a log line at WARNING; has its own rate limit */
};

struct fsz_audit_record {
    const struct fsz_peer *peer;
    const char            *socket;  /* name of the API socket or stream */
    const char            *action;  /* a method, `connect`, `subscribe` */
    const char            *what;    /* the command or event type requested; may have secrets */
    const char            *outcome; /* `ok`, `refused`, `failed`, `deadline`, `overloaded` */
    const char            *why;     /* or NULL */
    int64_t                took_us; /* -1: nothing was run */
    enum fsz_audit_weight  weight;
};

/* Takes the event, as fsz_engine_offer() does. The audit keeps the event. */
typedef fsz_err (*fsz_audit_offer_fn)(void *self, const struct fsz_event *event);

/* `host` and `offer_self` must outlive the audit. Asks the host once for the switch's identity.
 * FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_audit_new(const struct fsz_host *host, fsz_audit_offer_fn offer,
                                    void *offer_self, struct fsz_audit **ret_audit);
void                  fsz_audit_free(struct fsz_audit **audit);
/* `rate`: records a second, separately for refusals and others; 0: no events and no log lines. */
void fsz_audit_set_rate(struct fsz_audit *audit, int64_t rate);
void fsz_audit_write(struct fsz_audit *audit, const struct fsz_audit_record *record);

struct fsz_audit_counters {
#define FSZ_COUNTERS_AUDIT(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
struct fsz_audit_counters fsz_audit_counters(const struct fsz_audit *audit);

#endif
