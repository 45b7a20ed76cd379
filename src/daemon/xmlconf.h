/* xmlconf.h - a configuration file as the core reads it, by libxml2.
 *
 * Finds <configuration name="event_zmq.conf"> as the root or anywhere below it, so a file of its
 * own and a whole FreeSWITCH document do alike. FreeSWITCH's preprocessor is not here: $${…} and
 * X-PRE-PROCESS within the configuration are mistakes. No network, no document type, no entities
 * but XML's own five. One thread at a time. */
#ifndef FSZ_XMLCONF_H
#define FSZ_XMLCONF_H

#include "base/problems.h"
#include "config/confnode.h"

enum { FSZ_XMLCONF_BYTES_MAX = 4 << 20 }; /* of a file; a larger one is refused */

/* Reads a file. FSZ_EINVALID: it can't be read, is no XML or has no such element; one line in
 * `problems` for each. The caller frees *ret_root. */
FSZ_NODISCARD fsz_err fsz_xmlconf_read(const char *path, struct fsz_confnode **ret_root,
                                       struct fsz_problems *problems);
/* The same from memory; `name` stands for it in problems. */
FSZ_NODISCARD fsz_err fsz_xmlconf_parse(const char *name, const char *bytes, size_t size,
                                        struct fsz_confnode **ret_root,
                                        struct fsz_problems  *problems);

#endif
