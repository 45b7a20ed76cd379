/* SPDX-License-Identifier: MPL-2.0 */
/* xmlconf.h - reads a configuration file with libxml2, for the core.
 *
 * Finds <configuration name="event_zmq.conf"> as the root or anywhere below it, so both a separate
 * file and a whole FreeSWITCH document work. There is no preprocessor as in FreeSWITCH: $${…} and
 * X-PRE-PROCESS inside the configuration are mistakes. No network access, no document type, no
 * entities except the five of XML. One thread at a time. */
#ifndef FSZ_XMLCONF_H
#define FSZ_XMLCONF_H

#include "base/problems.h"
#include "config/confnode.h"

enum { FSZ_XMLCONF_BYTES_MAX = 4 << 20 }; /* largest accepted file */

/* Reads a file. The caller frees *ret_root. FSZ_EINVALID: the file cannot be read, is not XML, or
 * has no such element; `problems` has a line for each mistake. */
FSZ_NODISCARD fsz_err fsz_xmlconf_read(const char *path, struct fsz_confnode **ret_root,
                                       struct fsz_problems *problems);
/* The same from memory; problems refer to it as `name`. */
FSZ_NODISCARD fsz_err fsz_xmlconf_parse(const char *name, const char *bytes, size_t size,
                                        struct fsz_confnode **ret_root,
                                        struct fsz_problems  *problems);

#endif
