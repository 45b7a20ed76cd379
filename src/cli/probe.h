/* probe.h - why a connection does not come about: libzmq retries and does not say. One thread. */
#ifndef FSZ_PROBE_H
#define FSZ_PROBE_H

/* Tries a plain connection to a tcp:// or ipc:// endpoint and returns 0 if something listens there,
 * an errno, or -1 for a host name that cannot be resolved (*ret_why says what). *ret_why is static
 * text. Blocks up to timeout_ms, and for as long as the resolver takes. */
int fsz_probe(const char *endpoint, int timeout_ms, const char **ret_why);

enum { FSZ_PROBE_MECHANISM_BYTES = 21 };

enum fsz_probe_answer {
    FSZ_PROBE_GREETED, /* it speaks ZMTP 3 */
    FSZ_PROBE_FOREIGN, /* it says something else, or nothing in time */
    FSZ_PROBE_CLOSED,  /* no connection, or one that was closed before a byte came */
};

/* Begins a ZMTP greeting with what listens at a tcp:// or ipc:// endpoint. GREETED: ret_mechanism
 * gets its security mechanism, "NULL", "PLAIN" or "CURVE". May block twice for timeout_ms. */
enum fsz_probe_answer fsz_probe_greet(const char *endpoint, int timeout_ms,
                                      char ret_mechanism[FSZ_PROBE_MECHANISM_BYTES]);

#endif
