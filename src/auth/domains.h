/* SPDX-License-Identifier: MPL-2.0 */
/* domains.h - the access lists and security of a configuration's sockets, by owner.
 *
 * Copied from a configuration. Immutable and reference-counted. Any thread. */
#ifndef FSZ_DOMAINS_H
#define FSZ_DOMAINS_H

#include "config/config.h"

struct fsz_domain {
    char  *name;  /* the socket's owner */
    char  *label; /* name of the stream or API socket */
    char **acls;
    size_t acl_count; /* 0: everybody is admitted */

    enum fsz_security security;
};

struct fsz_domains;

FSZ_NODISCARD fsz_err fsz_domains_new(const struct fsz_config *config,
                                      struct fsz_domains     **ret_domains);
struct fsz_domains   *fsz_domains_ref(struct fsz_domains *domains);
/* Accepts NULL in *domains. */
void fsz_domains_unref(struct fsz_domains **domains);
/* NULL: there is none. */
const struct fsz_domain *fsz_domains_find(const struct fsz_domains *domains, const char *name);

#endif
