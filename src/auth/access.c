/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/access_private.h"
#include "base/thread.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- configuration --------------------------------------------------------------------------- */

fsz_err fsz_access_prepare(struct fsz_access *access, const struct fsz_config *config)
{
    return fsz_domains_new(config, &access->next_domains);
}

void fsz_access_cancel(struct fsz_access *access)
{
    fsz_domains_unref(&access->next_domains);
}

void fsz_access_commit(struct fsz_access *access, const struct fsz_config *config,
                       struct fsz_policy *policy)
{
    pthread_mutex_lock(&access->lock);
    struct fsz_domains *old_domains = access->domains;
    struct fsz_policy  *old_policy = access->policy;
    access->domains = access->next_domains;
    access->next_domains = NULL;
    access->policy = fsz_policy_ref(policy);
    access->failures_per_minute = config->failures_per_minute;
    pthread_mutex_unlock(&access->lock);
    fsz_domains_unref(&old_domains);
    fsz_policy_unref(&old_policy);
}

fsz_err fsz_access_configure(struct fsz_access *access, const struct fsz_config *config,
                             struct fsz_policy *policy)
{
    fsz_err err = fsz_access_prepare(access, config);
    if (err == FSZ_OK) {
        fsz_access_commit(access, config, policy);
    }
    return err;
}

struct fsz_policy *fsz_access_policy(struct fsz_access *access)
{
    pthread_mutex_lock(&access->lock);
    struct fsz_policy *policy = access->policy != NULL ? fsz_policy_ref(access->policy) : NULL;
    pthread_mutex_unlock(&access->lock);
    return policy;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *access_main(void *argument)
{
    struct fsz_access *access = argument;
    struct pollfd      ready[] = {{.fd = access->end_fd, .events = POLLIN},
                                  {.fd = fsz_mailbox_fd(access->mailbox), .events = POLLIN}};
    while (ready[0].revents == 0) {
        /* On an error `revents` keeps its value, and the mailbox is checked once more. */
        (void)poll(ready, 2, fsz_mailbox_sleep(access->mailbox) ? -1 : 0);
        if (ready[1].revents != 0) {
            fsz_mailbox_woken(access->mailbox);
        }
        fsz_mailbox_open(access->mailbox, access);
    }
    fsz_mailbox_close(access->mailbox);
    return NULL;
}

static fsz_err access_open(struct fsz_access *access)
{
    access->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (access->end_fd < 0) {
        return FSZ_ESYSTEM;
    }
    return fsz_thread_start(&access->thread, "fszmq-access", access_main, access);
}

static void access_release(struct fsz_access *access)
{
    if (access->end_fd >= 0) {
        close(access->end_fd);
    }
    fsz_mailbox_unref(&access->mailbox);
    fsz_credentials_free(&access->credentials);
    fsz_failures_free(&access->failures);
    fsz_domains_unref(&access->domains);
    fsz_policy_unref(&access->policy);
    pthread_mutex_destroy(&access->lock);
    free(access);
}

fsz_err fsz_access_new(const struct fsz_host *host, struct fsz_audit *audit,
                       struct fsz_access **ret_access)
{
    struct fsz_access *access = calloc(1, sizeof(*access));
    if (access == NULL) {
        return FSZ_ENOMEM;
    }
    access->host = host;
    access->audit = audit;
    access->end_fd = -1;
    pthread_mutex_init(&access->lock, NULL);
    fsz_err err = fsz_failures_new(&access->failures);
    err = err != FSZ_OK ? err : fsz_credentials_new(&access->credentials);
    err = err != FSZ_OK ? err : fsz_mailbox_new(&access->mailbox);
    err = err != FSZ_OK ? err : access_open(access);
    if (err != FSZ_OK) {
        access_release(access);
        return err;
    }
    *ret_access = access;
    return FSZ_OK;
}

void fsz_access_free(struct fsz_access **access)
{
    if (*access == NULL) {
        return;
    }
    uint64_t one = 1;
    ssize_t  written = write((*access)->end_fd, &one, sizeof(one));
    (void)written; /* cannot fail: this is the eventfd's only write */
    pthread_join((*access)->thread, NULL);
    access_release(*access);
    *access = NULL;
}

struct fsz_access_counters fsz_access_counters(const struct fsz_access *access)
{
    struct fsz_credentials_counters passwords = fsz_credentials_counters(access->credentials);
    struct fsz_access_counters      counters = {
             .limited = access->limited,
             .deferred = access->deferred,
             .passwords_checked = passwords.checked,
             .passwords_remembered = passwords.remembered,
             .addresses_forgotten = fsz_failures_forgotten(access->failures),
    };
    for (size_t i = 0; i <= FSZ_ZMTP_MECHANISMS; i++) {
        struct fsz_access_counts counts = {access->counts[i].admitted, access->counts[i].refused};
        counters.admitted += counts.admitted;
        counters.refused += counts.refused;
        if (i < FSZ_ZMTP_MECHANISMS) {
            counters.mechanisms[i] = counts;
        }
    }
    return counters;
}
