/* SPDX-License-Identifier: MPL-2.0 */
/* config_reader.h - private to config*.c: the parts of the configuration parser.
 *
 * A reader lives during one fsz_config_load(), on its thread. */
#ifndef FSZ_CONFIG_READER_H
#define FSZ_CONFIG_READER_H

#include "config/config.h"
#include "config/config_keys.h"
#include "config/confnode.h"

enum { FSZ_CONFIG_FIELD_LISTS = 3 };

struct fsz_config_reader {
    struct fsz_problems *problems;
    struct fsz_problems *warnings;               /* NULL: none yet; passed to the configuration */
    size_t               mistakes;               /* of this load; `problems` may have others */
    fsz_err              err;                    /* other than a mistake: FSZ_ENOMEM */
    char                 where[FSZ_OWNER_BYTES]; /* `stream "default"`, or empty */
    int                  seen[FSZ_CONFIG_KEYS];  /* how often this section has each key */
    const char *fields[FSZ_CONFIG_FIELD_LISTS];  /* include, exclude, redact of this stream */
};

/* config_problems.c: adds a mistake, `line 12: stream "default": …`. */
void fsz_config_complain(struct fsz_config_reader *r, int line, const char *format, ...)
    FSZ_PRINTF(3, 4);
/* Adds a warning in the same form: valid, but probably not intended. */
void fsz_config_warn(struct fsz_config_reader *r, int line, const char *format, ...)
    FSZ_PRINTF(3, 4);
/* Adds a mistake for each attribute that is not in `known`, which ends with NULL. */
void fsz_config_check_attrs(struct fsz_config_reader *r, const struct fsz_confnode *node,
                            const char *const *known);
void fsz_config_refuse_element(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               const char *parent, const char *allowed);

/* Parses a value into its member of `section`, the struct of the element (config.h). */
void fsz_config_apply(struct fsz_config_reader *r, const struct fsz_config_key *key, void *section,
                      const char *value, int line);

/* config_events.c: if the key takes event names and `item` is not a valid one, `allowed` says what
 * to write instead. */
void fsz_config_explain_event(const struct fsz_config_key *key, const char *item, size_t length,
                              char allowed[FSZ_PROBLEM_BYTES]);
/* Adds a warning for each name in the list that is not a known event. */
void fsz_config_warn_of_events(struct fsz_config_reader *r, const struct fsz_config_key *key,
                               const char *list, int line);

/* Reads the <param> children of `node` (may be NULL), an element of that scope, into `section`.
 * Absent keys get their defaults. The caller handles other children. */
void fsz_config_read_params(struct fsz_config_reader *r, enum fsz_key_scope element,
                            const struct fsz_confnode *node, void *section);

/* Did the element that was read last have the key in the file? */
bool fsz_config_was_given(const struct fsz_config_reader *r, const char *key);
/* Adds a mistake for each child that is not a <param>; `allowed` says what may be there. */
void fsz_config_refuse_children(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                const char *allowed);

/* Reads the attribute `name` of an element. All mistakes begin with `what "NAME": ` until `where`
 * is emptied. */
void fsz_config_read_name(struct fsz_config_reader *r, const struct fsz_confnode *node,
                          const char *what, char **ret_name);
/* Reads the <param> children of a <stream> or <api-socket>, whose struct begins with `socket`, and
 * checks their common settings. Call it after fsz_config_read_name(). */
void   fsz_config_read_socket(struct fsz_config_reader *r, enum fsz_key_scope element,
                              const struct fsz_confnode *node, struct fsz_socket_config *socket);
void   fsz_config_free_socket(struct fsz_socket_config *socket);
size_t fsz_config_count_multicast(const struct fsz_socket_config *socket);
/* Checks the socket that was read last against earlier ones and the settings. */
void fsz_config_check_last_socket(struct fsz_config_reader *r, const struct fsz_config *config,
                                  int line);

/* Reads one <filter>. NULL: it was not valid, and the mistakes were added. */
struct fsz_filter *fsz_config_read_filter(struct fsz_config_reader  *r,
                                          const struct fsz_confnode *node);

/* Reads one <stream> into `stream`, which is zeroed. The caller frees its members, also after
 * mistakes. */
void fsz_config_read_stream(struct fsz_config_reader *r, const struct fsz_confnode *node,
                            struct fsz_stream_config *stream);
void fsz_config_free_stream(struct fsz_stream_config *stream);
/* The same for one <api-socket> and one <group>. */
void fsz_config_read_api_socket(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                struct fsz_api_socket_config *api_socket);
void fsz_config_free_api_socket(struct fsz_api_socket_config *api_socket);
void fsz_config_read_group(struct fsz_config_reader *r, const struct fsz_confnode *node,
                           struct fsz_group_config *group);
void fsz_config_free_group(struct fsz_group_config *group);
/* The same for one <service> and one <binding>, which are checked against what `config` has so far:
 * the settings and, for a binding, all services. */
void fsz_config_read_service(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             const struct fsz_config *config, struct fsz_service_config *service);
void fsz_config_free_service(struct fsz_service_config *service);
void fsz_config_read_binding(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             const struct fsz_config *config, struct fsz_binding_config *binding);
void fsz_config_free_binding(struct fsz_binding_config *binding);

/* Reads the settings and lists in `root`. */
void fsz_config_read_lists(struct fsz_config_reader *r, const struct fsz_confnode *root,
                           struct fsz_config *config);

/* Adds a mistake for each grant that matches no stream, service or section. */
void fsz_config_check_grants(struct fsz_config_reader *r, const struct fsz_config *config);

/* Checks services against groups and settings, once all are read. */
void fsz_config_check_services(struct fsz_config_reader *r, const struct fsz_config *config);

#endif
