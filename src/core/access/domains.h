/* domains.h - the ZAP domains of a configuration: which lists and what security each socket has.
 *
 * A value, copied out of a configuration; any number of threads may read it. */
#ifndef FSZ_DOMAINS_H
#define FSZ_DOMAINS_H

#include "config.h"

struct fsz_domain {
    char  *name;  /* as libzmq asks: the socket's owner */
    char  *label; /* name of the stream or API channel */
    char **acls;
    size_t acl_count; /* none: everybody */

    enum fsz_security security;
};

struct fsz_domains;

FSZ_NODISCARD fsz_err fsz_domains_new(const struct fsz_config *config,
                                      struct fsz_domains     **ret_domains);
/* Accepts NULL. */
void fsz_domains_free(struct fsz_domains **domains);
/* NULL: there is none. */
const struct fsz_domain *fsz_domains_find(const struct fsz_domains *domains, const char *name);

#endif
