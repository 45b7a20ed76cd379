/* SPDX-License-Identifier: MPL-2.0 */
/* slow_names.so - for LD_PRELOAD: getaddrinfo(3) of a name N.slow takes N milliseconds and finds
 * nothing. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void wait_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    size_t size = host != NULL ? strlen(host) : 0;
    if (size > 5 && strcmp(host + size - 5, ".slow") == 0) {
        wait_ms(strtol(host, NULL, 10));
        return EAI_AGAIN;
    }
    return real(host, service, hints, ret_list);
}
