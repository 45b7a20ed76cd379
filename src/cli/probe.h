/* probe.h - why a connection does not come about: libzmq retries and does not tell. */
#ifndef FSZ_PROBE_H
#define FSZ_PROBE_H

/* Tries a plain connection to a tcp:// or ipc:// endpoint and returns 0 if something listens there,
 * an errno, or -1 for a host name that cannot be resolved (*ret_why says what). *ret_why is static
 * text. Blocks up to timeout_ms, and for as long as the resolver takes. */
int fsz_probe(const char *endpoint, int timeout_ms, const char **ret_why);

#endif
