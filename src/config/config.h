/* SPDX-License-Identifier: MPL-2.0 */
/* config.h - a configuration, validated as a whole.
 *
 * fsz_config_load() reads it from a tree that an adapter makes of its XML (confnode.h). Keys,
 * types, ranges, defaults and help are in one table, config_keys.def, from which
 * docs/configuration.md and conf/event_zmq.conf.xml are generated. */
#ifndef FSZ_CONFIG_H
#define FSZ_CONFIG_H

#include "base/err.h"
#include "base/problems.h"
#include "base/ref.h"
#include "keys/cert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSZ_DEFAULT_STREAM "default"
#define FSZ_DEFAULT_ENDPOINT "tcp://*:5556"
#define FSZ_DEFAULT_NUMBERED_STREAM "live" /* the same events with framing `envelope` */
#define FSZ_DEFAULT_NUMBERED_ENDPOINT "tcp://*:5558"
#define FSZ_DEFAULT_API_SOCKET "default"
#define FSZ_DEFAULT_API_SOCKET_ENDPOINT "tcp://*:5557"
#define FSZ_DEFAULT_GROUP "default" /* the group of peers without a name */

struct fsz_confnode;
struct fsz_fields;
struct fsz_filter;
struct fsz_grants;
struct fsz_selection;

enum {
    FSZ_STREAMS_MAX = 256,
    FSZ_API_SOCKETS_MAX = 64,
    FSZ_GROUPS_MAX = 256,
    FSZ_SERVICES_MAX = 64,
    FSZ_BINDINGS_MAX = 256,
    FSZ_ENDPOINTS_MAX = 64,   /* endpoints of one stream or API socket */
    FSZ_ACLS_MAX = 32,        /* access lists of one stream or API socket */
    FSZ_CONFIG_NAME_MAX = 64, /* bytes of the name of a stream, API socket, group, service … */
    FSZ_OWNER_BYTES = FSZ_CONFIG_NAME_MAX + 16,
};

enum fsz_framing { FSZ_FRAMING_JSON, FSZ_FRAMING_ENVELOPE };

struct fsz_endpoint {
    char *address; /* as libzmq takes it, such as FSZ_DEFAULT_ENDPOINT */
    bool  connect; /* false: bind */
};

enum fsz_security {
    FSZ_SECURITY_NONE,  /* only the address is checked */
    FSZ_SECURITY_PLAIN, /* a user's name and password, unencrypted (RFC 24) */
    FSZ_SECURITY_CURVE, /* a user's key; encrypted (RFC 26) */
};

/* The settings that streams and API sockets have in common. */
struct fsz_socket_config {
    /* `stream "NAME"` or `API socket "NAME"`, for messages and access control. */
    char                 owner[FSZ_OWNER_BYTES];
    struct fsz_endpoint *endpoints;
    size_t               endpoint_count;
    char **acls; /* names of access lists; one of them must admit the peer. None (`any` in the
                    file): everyone may connect */
    size_t            acl_count;
    enum fsz_security security;
    const char       *secret_key;       /* CURVE: the configuration's curve_secret_key; else NULL */
    int64_t           send_hwm;         /* messages queued for one peer; 0: no limit */
    int64_t           send_bytes;       /* and their bytes */
    int64_t           send_total_bytes; /* memory of the queues of all peers */
    int64_t           send_buffer_bytes;    /* SO_SNDBUF; 0: the system's default */
    int64_t           heartbeat_ms;         /* ZMTP PING interval; 0: none */
    int64_t           heartbeat_timeout_ms; /* 0: as long as heartbeat_ms */
    int64_t           handshake_timeout_ms;
    bool              tcp_keepalive;
    int64_t           tcp_keepalive_idle_s;
    bool              ipv6;
    int64_t           backlog;  /* connections that wait for accept() */
    int64_t           ipc_mode; /* permissions of ipc files, octal in the file */
};

struct fsz_stream_config {
    struct fsz_socket_config socket; /* first: keys of both structs apply to the same address */
    char                    *name;   /* unique; letters, digits, - _ and . */
    enum fsz_framing         framing;
    struct fsz_selection    *selection; /* never NULL */
    struct fsz_filter       *filter;    /* NULL: every event passes */
    struct fsz_fields       *fields;    /* NULL: all headers, unredacted */
    char                   **topic;     /* envelope: header names, in order */
    size_t                   topic_count;
    int64_t                  max_message_bytes;
    int64_t                  subscriber_subscriptions_max; /* of one subscriber */
    int64_t                  subscriber_subscription_bytes;
    int64_t                  beat_interval_ms; /* envelope only; 0: none */
    int64_t                  multicast_rate_kbit;
    int64_t                  multicast_recovery_ms;
    int64_t                  multicast_hops;
    int64_t                  multicast_tpdu_bytes;
};

struct fsz_api_socket_config {
    struct fsz_socket_config socket; /* first, as above */
    char                    *name;   /* unique among API sockets; same characters as a stream's */
    int64_t request_bytes;           /* of one message; a client that sends more is disconnected */
    int64_t receive_bytes;           /* of incomplete messages of all clients */
    int64_t request_depth;           /* of nested objects and arrays */
    int64_t batch_max;               /* requests in one batch */
    int64_t reply_bytes;             /* of one reply */
    int64_t client_bytes;            /* of a client's requests, and of replies not yet taken */
    int64_t client_total_bytes;      /* the same for all clients together */
    int64_t deadline_ms;             /* of a request that has no timeout_ms */
    int64_t deadline_max_ms;         /* the longest timeout_ms */
};

/* What happens to a call whose controller is lost; the words of zmq_on_lost, in this order. */
enum fsz_on_lost { FSZ_ON_LOST_OFFER, FSZ_ON_LOST_CONTINUE, FSZ_ON_LOST_HANGUP };

/* A named set of providers, which reply to the switch's requests (docs/protocol/services.md). */
struct fsz_service_config {
    /* First. Has the endpoints of `connect`, heartbeats and ipv6; the other members have the
     * defaults of a stream, except security: secret_key is set for CURVE, where this side is the
     * client. */
    struct fsz_socket_config socket;
    char                    *name;   /* unique among services; same characters as a stream's */
    char                    *server; /* server-key: a key, or the path of a certificate */
    char server_key[FSZ_KEY_BYTES];  /* the providers' public key, once files are loaded; empty: no
                                        CURVE */
    bool             registration;   /* clients of API sockets may register, if granted */
    int64_t          capacity;       /* requests in flight at an endpoint */
    int64_t          requests_max;   /* in flight and waiting, of the whole service */
    int64_t          requests_bytes; /* and their bytes */
    int64_t          reply_bytes;    /* of one reply; a longer one ends the connection */
    int64_t          deadline_ms;    /* of all attempts together */
    int64_t          attempt_ms;     /* of one attempt, if another provider is left */
    int64_t          failures_max;   /* missed requests in a row that eject a provider */
    int64_t          probe_ms;       /* between two probes of an ejected provider */
    char            *group;          /* whose grants its endpoints have; never NULL */
    int64_t          calls_max;      /* offered and controlled, of the whole service */
    int64_t          lease_ms;       /* how long a controller may be silent */
    enum fsz_on_lost on_lost;        /* unless the call says otherwise */
};

/* The bits of fsz_binding_config.sections, in the order of the key's words. */
enum fsz_section {
    FSZ_SECTION_CONFIGURATION = 1 << 0,
    FSZ_SECTION_DIRECTORY = 1 << 1,
    FSZ_SECTION_DIALPLAN = 1 << 2,
    FSZ_SECTION_LANGUAGES = 1 << 3,
    FSZ_SECTION_CHATPLAN = 1 << 4,
};

enum fsz_on_failure {
    FSZ_ON_FAILURE_FALLBACK,  /* the switch continues, in the end with its own XML */
    FSZ_ON_FAILURE_NOT_FOUND, /* the reply is "not found" */
};

/* Which of the switch's lookups go to a service, and how replies are used. */
struct fsz_binding_config {
    char               *name; /* unique among bindings; same characters as a stream's */
    char               *service;
    uint32_t            sections;          /* fsz_section bits, never 0 */
    char               *tag, *key, *value; /* patterns (glob.h); NULL: any */
    struct fsz_fields  *params;            /* which of the switch's headers are sent; NULL: all */
    int64_t             deadline_ms;       /* 0: the service's */
    int64_t             xml_bytes;         /* of one document */
    enum fsz_on_failure on_failure;
    int64_t             cache_s;           /* lifetime of a document without ttl_s; 0: not cached */
    int64_t             cache_negative_s;  /* lifetime of "not found"; 0: not cached */
    int64_t             cache_ttl_max_s;   /* upper limit of a reply's ttl_s; 0: ttl_s is ignored */
    int64_t             stale_s;           /* how long after that it is used if a lookup fails */
    char              **cache_params;      /* headers of a call in the cache key (lookup_key.c) */
    size_t              cache_param_count; /* 0: all; follows cache_params (FSZ_KEY_NAMES) */
};

/* What the users of a group may do. */
struct fsz_group_config {
    char              *name;   /* unique; same characters as a stream's */
    struct fsz_grants *grants; /* never NULL */
    int                line;   /* in the file; 0: not known */
};

struct fsz_config {
    struct fsz_ref references;

    int64_t queue_events;      /* limit of the queue in events */
    int64_t queue_bytes;       /* and in bytes */
    int64_t io_threads;        /* of libzmq; read at start only */
    int64_t max_sockets;       /* of libzmq's context; read at start only */
    int64_t event_types_max;   /* distinct event names and subclasses tracked */
    int64_t subscriptions_max; /* of all subscribers of one stream */
    int64_t subscription_bytes_max;
    int64_t batch_us;  /* how long events wait to be sent as a batch; 0: no batching */
    int64_t linger_ms; /* how long an orderly stop waits to send what is queued for peers */
    struct fsz_selection *low_priority; /* drop priorities; events in neither are normal */
    struct fsz_selection *high_priority;

    struct fsz_problems *warnings; /* valid, but probably not intended; NULL: none */

    char   *users_file;     /* absolute path; NULL: no users */
    char   *curve_key_file; /* absolute path of the secret certificate; NULL: no CURVE */
    char    curve_secret_key[FSZ_KEY_BYTES]; /* its key, after fsz_config_load_files() */
    int64_t workers;                         /* threads that run requests */
    int64_t workers_stuck;                   /* how many stuck ones may be replaced */
    int64_t worker_queue;                    /* requests that wait for a worker */
    int64_t worker_share;                    /* requests of one user, waiting and running */
    int64_t jobs_keep_s;                     /* how long results of background jobs are kept */
    int64_t jobs_max;                        /* and how many */
    int64_t jobs_bytes;                      /* and how large together */
    int64_t audit_rate;                      /* records a second; 0: no audit */
    int64_t client_events_rate;              /* events a second; 0: none */
    int64_t failures_per_minute;             /* wrong passwords and keys of one address */
    int64_t connections_max;                 /* of one stream or API socket */
    int64_t address_connections_max;         /* of one address; 0: three quarters of these */
    int64_t address_connections_per_second;  /* new ones of one address; 0: no limit */
    int64_t address_connections_burst;       /* new ones of one address in a row */

    struct fsz_stream_config     *streams;
    size_t                        stream_count;
    struct fsz_api_socket_config *api_sockets;
    size_t                        api_socket_count;
    struct fsz_group_config      *groups;
    size_t                        group_count;
    struct fsz_service_config    *services;
    size_t                        service_count;
    struct fsz_binding_config    *bindings; /* in the order in which they are asked */
    size_t                        binding_count;

    int64_t cache_entries;   /* documents in the cache of lookups */
    int64_t cache_bytes;     /* and their bytes together */
    char   *literal_service; /* whose settings apply to endpoints that a dialplan names; NULL: a
                                dialplan cannot name endpoints */
};

/* Builds a configuration from the root node `configuration`. Each mistake is added to `problems`
 * with the key, the value, what is allowed, and the line if known. FSZ_EINVALID: there were
 * mistakes. FSZ_ENOMEM. An absent key has its default. The caller frees *ret_config. It also frees
 * `root` and `problems`, to which *ret_config does not refer. */
FSZ_NODISCARD fsz_err fsz_config_load(const struct fsz_confnode *root,
                                      struct fsz_config        **ret_config,
                                      struct fsz_problems       *problems);
/* The configuration that an empty file gives: the stream FSZ_DEFAULT_STREAM at
 * FSZ_DEFAULT_ENDPOINT, the stream FSZ_DEFAULT_NUMBERED_STREAM with framing `envelope` at
 * FSZ_DEFAULT_NUMBERED_ENDPOINT, the API socket FSZ_DEFAULT_API_SOCKET at
 * FSZ_DEFAULT_API_SOCKET_ENDPOINT, which all admit loopback.auto, and the group FSZ_DEFAULT_GROUP,
 * which may see all events and change nothing. */
FSZ_NODISCARD fsz_err fsz_config_default(struct fsz_config **ret_config);
/* Reads the CURVE keys from their files; call it before the sockets are opened. Blocks on the
 * files. FSZ_EINVALID, FSZ_ESYSTEM: `problems` has the reason. */
FSZ_NODISCARD fsz_err fsz_config_load_files(struct fsz_config   *config,
                                            struct fsz_problems *problems);

/* Are the connections to its endpoints encrypted? */
bool fsz_config_service_has_curve(const struct fsz_service_config *service);

/* The sockets of all streams, then those of all API sockets. */
size_t                          fsz_config_socket_count(const struct fsz_config *config);
const struct fsz_socket_config *fsz_config_socket_at(const struct fsz_config *config, size_t index);

/* NULL: there is no service of that name. */
const struct fsz_service_config *fsz_config_find_service(const struct fsz_config *config,
                                                         const char              *name);

/* Takes a reference. A configuration with several references must not be changed. */
struct fsz_config *fsz_config_ref(struct fsz_config *config);
/* Drops a reference; the last one frees, and wipes the secret key. Accepts NULL in *config. */
void fsz_config_free(struct fsz_config **config);

#endif
