/* SPDX-License-Identifier: MPL-2.0 */
/* access_rig.h - access control with one stream `s` and its users. */
#ifndef FSZ_TEST_ACCESS_RIG_H
#define FSZ_TEST_ACCESS_RIG_H

#include "load_config.h"

#include "auth/access.h"
#include "keys/cert.h"
#include "keys/password.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#define DOMAIN "stream \"s\"" /* fsz_socket_config.owner */
#define LAN STREAM("<param name=\"apply-inbound-acl\" value=\"lan\"/>")
/* A list that does not answer until the test says so. */
#define SLOW STREAM("<param name=\"apply-inbound-acl\" value=\"slow\"/>")
#define ANY STREAM("<param name=\"apply-inbound-acl\" value=\"any\"/>")

struct rig {
    struct fsz_access *access;
    struct fsz_audit  *audit;
    struct fsz_cert    server, alice, stranger; /* CURVE */
    char               bobs_hash[FSZ_PASSWORD_HASH_BYTES];

    sem_t slow_is_asked, slow_may_answer; /* of the list `slow` */

    pthread_mutex_t lock;                  /* of all below, which the access thread writes */
    unsigned        lines_logged, records; /* warnings; of the audit */
    char            last_line[640];
    char            last_record[256]; /* action, what, user, outcome and why */
    char            last_connection[24];
};

static inline bool rig_wait(sem_t *semaphore)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    return sem_timedwait(semaphore, &until) == 0;
}

static bool rig_admits(void *self, const char *acl, const char *address)
{
    struct rig *rig = self;
    if (strcmp(acl, "slow") == 0) {
        sem_post(&rig->slow_is_asked);
        return rig_wait(&rig->slow_may_answer);
    }
    return strcmp(acl, "lan") == 0 && strncmp(address, "10.", 3) == 0;
}

static void rig_log(void *self, enum fsz_log_level level, const char *text)
{
    struct rig *rig = self;
    if (level == FSZ_LOG_WARNING && strncmp(text, "audit: ", 7) != 0) {
        pthread_mutex_lock(&rig->lock);
        snprintf(rig->last_line, sizeof(rig->last_line), "%s", text);
        rig->lines_logged++;
        pthread_mutex_unlock(&rig->lock);
    }
}

static const char *rig_header(const struct fsz_event *event, const char *name)
{
    struct fsz_header header;
    return fsz_event_find(event, name, &header) && header.value != NULL ? header.value : "";
}

static fsz_err rig_record(void *self, const struct fsz_event *event)
{
    struct rig *rig = self;
    pthread_mutex_lock(&rig->lock);
    snprintf(rig->last_record, sizeof(rig->last_record), "%s %s: %s %s (%s)",
             rig_header(event, "Audit-Action"), rig_header(event, "Audit-What"),
             rig_header(event, "Audit-User"), rig_header(event, "Audit-Outcome"),
             rig_header(event, "Audit-Why"));
    snprintf(rig->last_connection, sizeof(rig->last_connection), "%s",
             rig_header(event, "Audit-Connection"));
    rig->records++;
    pthread_mutex_unlock(&rig->lock);
    return FSZ_OK;
}

/* The last line or record; *ret_count is the number of them. */
static inline const char *rig_last(struct rig *rig, const char *last, const unsigned *count,
                                   unsigned *ret_count)
{
    static char copy[sizeof(rig->last_line)];
    pthread_mutex_lock(&rig->lock);
    snprintf(copy, sizeof(copy), "%s", last);
    *ret_count = *count;
    pthread_mutex_unlock(&rig->lock);
    return copy;
}

static inline const char *rig_last_line(struct rig *rig, unsigned *ret_count)
{
    return rig_last(rig, rig->last_line, &rig->lines_logged, ret_count);
}

static inline const char *rig_last_record(struct rig *rig, unsigned *ret_count)
{
    return rig_last(rig, rig->last_record, &rig->records, ret_count);
}

static inline struct rig *rig_new(void)
{
    static struct fsz_host host = {.name = "test", .log = rig_log, .admits = rig_admits};
    struct rig            *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    host.self = rig;
    pthread_mutex_init(&rig->lock, NULL);
    sem_init(&rig->slow_is_asked, 0, 0);
    sem_init(&rig->slow_may_answer, 0, 0);
    assert_int_equal(fsz_cert_make("", &rig->server), FSZ_OK);
    assert_int_equal(fsz_cert_make("", &rig->alice), FSZ_OK);
    assert_int_equal(fsz_cert_make("", &rig->stranger), FSZ_OK);
    assert_int_equal(fsz_audit_new(&host, rig_record, rig, &rig->audit), FSZ_OK);
    fsz_audit_set_rate(rig->audit, 1000000);
    assert_int_equal(fsz_access_new(&host, rig->audit, &rig->access), FSZ_OK);
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    fsz_access_free(&rig->access);
    assert_null(rig->access);
    fsz_audit_free(&rig->audit);
    pthread_mutex_destroy(&rig->lock);
    sem_destroy(&rig->slow_is_asked);
    sem_destroy(&rig->slow_may_answer);
    free(rig);
}

static inline void rig_add_user(struct fsz_users *users, const char *name, const char *hash,
                                const char *key)
{
    char           *keys[] = {(char *)key};
    struct fsz_user user = {
        .name = (char *)name, .password = (char *)hash, .keys = keys, .key_count = key != NULL};
    assert_int_equal(fsz_users_set(users, &user), FSZ_OK);
}

/* Alice has a key. Bob has the password `secret` if a test needs him. */
static inline void rig_configure(struct rig *rig, const char *inner, enum fsz_security security,
                                 int64_t failures_per_minute)
{
    struct fsz_config *config = load(inner);
    struct fsz_users  *users = NULL;
    struct fsz_policy *policy = NULL;
    assert_non_null(config);
    config->streams[0].socket.security = security;
    config->failures_per_minute = failures_per_minute;
    if (security == FSZ_SECURITY_PLAIN && rig->bobs_hash[0] == '\0') {
        assert_int_equal(fsz_password_hash("secret", rig->bobs_hash), FSZ_OK);
    }
    assert_int_equal(fsz_users_new(&users), FSZ_OK);
    rig_add_user(users, "alice", NULL, rig->alice.public_key);
    rig_add_user(users, "bob", rig->bobs_hash[0] != '\0' ? rig->bobs_hash : NULL, NULL);
    assert_int_equal(fsz_policy_new(config, &users, &policy, &problems), FSZ_OK);
    assert_int_equal(fsz_access_configure(rig->access, config, policy), FSZ_OK);
    fsz_policy_unref(&policy);
    fsz_config_free(&config);
}

#endif
