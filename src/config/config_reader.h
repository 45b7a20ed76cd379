/* config_reader.h - what the parts of the configuration parser share: problems, and where they are.
 *
 * Only for config*.c. One reader lives as long as one fsz_config_load(), on its thread. */
#ifndef FSZ_CONFIG_READER_H
#define FSZ_CONFIG_READER_H

#include "config/config.h"
#include "config/config_keys.h"
#include "config/confnode.h"

enum { FSZ_CONFIG_FIELD_LISTS = 3 };

struct fsz_config_reader {
    struct fsz_problems *problems;
    struct fsz_problems *warnings;               /* NULL: none yet; the configuration gets them */
    size_t               mistakes;               /* of this load; `problems` may hold others */
    fsz_err              err;                    /* not of the configuration's making: FSZ_ENOMEM */
    char                 where[FSZ_OWNER_BYTES]; /* `stream "default"`, or empty */
    int                  seen[FSZ_CONFIG_KEYS];  /* of this section: times a key was given */
    const char *fields[FSZ_CONFIG_FIELD_LISTS];  /* include, exclude, redact of this stream */
};

/* Adds `line 12: stream "default": …`. */
void fsz_config_complain(struct fsz_config_reader *r, int line, const char *format, ...)
    FSZ_PRINTF(3, 4);
/* Adds a line of the same form to the warnings: not a mistake, but hardly what was meant. */
void fsz_config_warn(struct fsz_config_reader *r, int line, const char *format, ...)
    FSZ_PRINTF(3, 4);
/* One problem for each attribute of the node that is not in `known`, which ends with NULL. */
void fsz_config_check_attrs(struct fsz_config_reader *r, const struct fsz_confnode *node,
                            const char *const *known);
void fsz_config_refuse_element(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               const char *parent, const char *allowed);

/* Puts one value into its member of `section`: the struct of the element (config.h). */
void fsz_config_apply(struct fsz_config_reader *r, const struct fsz_config_key *key, void *section,
                      const char *value, int line);

/* config_events.c: where the key takes names of events and `item` of a value is none, `allowed`
 * says what to write in its place. */
void fsz_config_explain_event(const struct fsz_config_key *key, const char *item, size_t length,
                              char allowed[FSZ_PROBLEM_BYTES]);
/* One warning for each name in the list that no event has. */
void fsz_config_warn_of_events(struct fsz_config_reader *r, const struct fsz_config_key *key,
                               const char *list, int line);

/* Reads the <param> children of `node` (may be NULL), an element of that scope, into `section`, and
 * gives keys that are not there their defaults. Children that are no <param> are the caller's. */
void fsz_config_read_params(struct fsz_config_reader *r, enum fsz_key_scope element,
                            const struct fsz_confnode *node, void *section);

/* Was the key, of the element that was read last, in the file? */
bool fsz_config_was_given(const struct fsz_config_reader *r, const char *key);
/* One problem for each child that is no <param>; `allowed` is said beside it. */
void fsz_config_refuse_children(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                const char *allowed);

/* Reads the attribute `name` of an element and puts `what "NAME": ` in front of all that is told
 * from now on, until `where` is emptied. */
void fsz_config_read_name(struct fsz_config_reader *r, const struct fsz_confnode *node,
                          const char *what, char **ret_name);
/* Reads the <param> children of a <stream> or <api-socket>, of which `socket` is the first
 * member, and checks what both have. After fsz_config_read_name(). */
void   fsz_config_read_socket(struct fsz_config_reader *r, enum fsz_key_scope element,
                              const struct fsz_confnode *node, struct fsz_socket_config *socket);
void   fsz_config_free_socket(struct fsz_socket_config *socket);
size_t fsz_config_count_multicast(const struct fsz_socket_config *socket);
/* Holds the socket that was read last against those before it and the settings. */
void fsz_config_check_last_socket(struct fsz_config_reader *r, const struct fsz_config *config,
                                  int line);

/* Reads one <filter>. NULL: it was not valid, which has been told. */
struct fsz_filter *fsz_config_read_filter(struct fsz_config_reader  *r,
                                          const struct fsz_confnode *node);

/* Reads one <stream> into `stream`, which is zero; the caller frees what is in it, also after
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
/* The same for one <service> and one <binding>, which are held against what `config` has so far:
 * the settings and, for a binding, all services. */
void fsz_config_read_service(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             const struct fsz_config *config, struct fsz_service_config *service);
void fsz_config_free_service(struct fsz_service_config *service);
void fsz_config_read_binding(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             const struct fsz_config *config, struct fsz_binding_config *binding);
void fsz_config_free_binding(struct fsz_binding_config *binding);

/* Reads the settings and the lists that are below `root`. */
void fsz_config_read_lists(struct fsz_config_reader *r, const struct fsz_confnode *root,
                           struct fsz_config *config);

/* Grants that match none of the streams, services or sections that there are. */
void fsz_config_check_grants(struct fsz_config_reader *r, const struct fsz_config *config);

/* What of services only shows beside the groups and the settings, once all are read. */
void fsz_config_check_services(struct fsz_config_reader *r, const struct fsz_config *config);

#endif
