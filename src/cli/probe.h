/* probe.h - why a connection does not come about: libzmq retries and does not say. One thread. */
#ifndef FSZ_PROBE_H
#define FSZ_PROBE_H

#include <stdbool.h>

/* Tries a plain connection to a tcp:// or ipc:// endpoint and returns 0 if something listens there,
 * an errno, or -1 for a host name that cannot be resolved (*ret_why says what). *ret_why is static
 * text. Blocks up to timeout_ms, and for as long as the resolver takes. */
int fsz_probe(const char *endpoint, int timeout_ms, const char **ret_why);

enum { FSZ_PROBE_MECHANISM_BYTES = 21 };

/* Begins a ZMTP greeting with what listens at a tcp:// or ipc:// endpoint. True: it speaks ZMTP 3,
 * and ret_mechanism gets its security mechanism, "NULL", "PLAIN" or "CURVE". False: it does not, or
 * not within timeout_ms, for which this may block twice. */
bool fsz_probe_mechanism(const char *endpoint, int timeout_ms,
                         char ret_mechanism[FSZ_PROBE_MECHANISM_BYTES]);

#endif
