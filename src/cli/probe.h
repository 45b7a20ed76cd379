/* SPDX-License-Identifier: MPL-2.0 */
/* probe.h - finds out why a connection fails: libzmq retries without saying why. One thread. */
#ifndef FSZ_PROBE_H
#define FSZ_PROBE_H

/* Tries a plain connection to a tcp:// or ipc:// endpoint. Returns 0 if something listens there, an
 * errno, or -1 if the host name cannot be resolved. *ret_why is the reason, a static text. Blocks
 * up to timeout_ms, plus the time that the resolver takes. */
int fsz_probe(const char *endpoint, int timeout_ms, const char **ret_why);

enum { FSZ_PROBE_MECHANISM_BYTES = 21 };

enum fsz_probe_answer {
    FSZ_PROBE_GREETED, /* it speaks ZMTP 3 */
    FSZ_PROBE_FOREIGN, /* it sends something else, or nothing in time */
    FSZ_PROBE_CLOSED,  /* no connection, or closed before the first byte */
};

/* Begins a ZMTP greeting with the peer at a tcp:// or ipc:// endpoint. GREETED: ret_mechanism is
 * its security mechanism, "NULL", "PLAIN" or "CURVE". May block for twice timeout_ms. */
enum fsz_probe_answer fsz_probe_greet(const char *endpoint, int timeout_ms,
                                      char ret_mechanism[FSZ_PROBE_MECHANISM_BYTES]);

#endif
