/* config.h - one configuration, validated whole; a value that is built, handed over and freed.
 *
 * Read by fsz_config_load() from a tree that an adapter made of its XML (confnode.h). Keys, types,
 * ranges, defaults and help stand in one table, config_keys.def; docs/configuration.md and
 * conf/event_zmq.conf.xml are made from it. */
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
#define FSZ_DEFAULT_GROUP "default" /* of peers without a name */

struct fsz_confnode;
struct fsz_fields;
struct fsz_filter;
struct fsz_grants;
struct fsz_selection;

enum {
    FSZ_STREAMS_MAX = 256,    /* streams in one configuration */
    FSZ_API_SOCKETS_MAX = 64, /* API sockets */
    FSZ_GROUPS_MAX = 256,     /* groups */
    FSZ_SERVICES_MAX = 64,    /* services */
    FSZ_BINDINGS_MAX = 256,   /* bindings */
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
    FSZ_SECURITY_NONE,  /* the address alone decides */
    FSZ_SECURITY_PLAIN, /* a user's name and password, in the clear (RFC 24) */
    FSZ_SECURITY_CURVE, /* a user's key; encrypted (RFC 26) */
};

/* What is configured alike for every socket of ours, whatever it carries. */
struct fsz_socket_config {
    /* `stream "NAME"` or `API socket "NAME"`: in messages and to access control. */
    char                 owner[FSZ_OWNER_BYTES];
    struct fsz_endpoint *endpoints;
    size_t               endpoint_count;
    char **acls; /* names of access lists, one must admit; none (`any` in the file): everyone may
                    connect */
    size_t            acl_count;
    enum fsz_security security;
    const char       *secret_key;       /* curve: the configuration's curve_secret_key; else NULL */
    int64_t           send_hwm;         /* messages that wait for one peer; 0: no bound */
    int64_t           send_bytes;       /* and their bytes */
    int64_t           send_total_bytes; /* memory of what waits for all peers */
    int64_t           send_buffer_bytes;    /* SO_SNDBUF; 0: the system's */
    int64_t           heartbeat_ms;         /* ZMTP PING interval; 0: none */
    int64_t           heartbeat_timeout_ms; /* 0: as long as heartbeat_ms */
    int64_t           handshake_timeout_ms;
    bool              tcp_keepalive;
    int64_t           tcp_keepalive_idle_s;
    bool              ipv6;
    int64_t           backlog;  /* connections waiting for accept */
    int64_t           ipc_mode; /* permissions of ipc files, octal in the file */
};

struct fsz_stream_config {
    struct fsz_socket_config socket; /* first: the keys of both are applied to the same address */
    char                    *name;   /* unique; letters, digits, - _ and . */
    enum fsz_framing         framing;
    struct fsz_selection    *selection; /* never NULL */
    struct fsz_filter       *filter;    /* NULL: every event passes */
    struct fsz_fields       *fields;    /* NULL: every header as it is */
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
    char                    *name;   /* unique among API sockets; as a stream's */
    int64_t request_bytes;           /* of one message; a client that sends more is cut off */
    int64_t receive_bytes;           /* unfinished messages of all clients */
    int64_t request_depth;           /* of nested objects and arrays */
    int64_t batch_max;               /* requests of one batch */
    int64_t reply_bytes;             /* of one answer */
    int64_t client_bytes;            /* of a client's requests, and of answers not taken */
    int64_t client_total_bytes;      /* the same of all clients together */
    int64_t deadline_ms;             /* of a request that has no timeout_ms */
    int64_t deadline_max_ms;         /* the longest timeout_ms */
};

/* What becomes of a call whose holder is lost; the words of zmq_on_lost, in this order. */
enum fsz_on_lost { FSZ_ON_LOST_OFFER, FSZ_ON_LOST_CONTINUE, FSZ_ON_LOST_HANGUP };

/* A named set of providers, which answer the switch's questions (docs/protocol/services.md). */
struct fsz_service_config {
    /* First. Of `connect`, heartbeats and ipv6; the rest as in a stream that says nothing, but
     * security: secret_key is set where there is CURVE, of which this side is the client. */
    struct fsz_socket_config socket;
    char                    *name;   /* unique among services; as a stream's */
    char                    *server; /* server-key: a key, or the path of a certificate */
    char server_key[FSZ_KEY_BYTES];  /* the providers' public key, once files are loaded; empty: no
                                        CURVE */
    bool             registration;   /* clients of API sockets may register, if granted */
    int64_t          capacity;       /* questions under way at an endpoint */
    int64_t          requests_max;   /* under way and waiting, of the whole service */
    int64_t          requests_bytes; /* and in bytes */
    int64_t          reply_bytes;    /* of one answer; over it the connection ends */
    int64_t          deadline_ms;    /* of all tries together */
    int64_t          attempt_ms;     /* of one provider, when there is another */
    int64_t          failures_max;   /* missed in a row, and a provider is put aside */
    int64_t          probe_ms;       /* between two probes of one that is aside */
    char            *group;          /* whose grants its endpoints have; never NULL */
    int64_t          calls_max;      /* offered and held, of the whole service */
    int64_t          lease_ms;       /* how long a holder may be silent */
    enum fsz_on_lost on_lost;        /* unless the call says otherwise */
};

/* The bits of fsz_binding_config.sections, in the order of the words that a key takes. */
enum fsz_section {
    FSZ_SECTION_CONFIGURATION = 1 << 0,
    FSZ_SECTION_DIRECTORY = 1 << 1,
    FSZ_SECTION_DIALPLAN = 1 << 2,
    FSZ_SECTION_LANGUAGES = 1 << 3,
    FSZ_SECTION_CHATPLAN = 1 << 4,
};

enum fsz_on_failure {
    FSZ_ON_FAILURE_FALLBACK,  /* the switch looks on, at last in its own XML */
    FSZ_ON_FAILURE_NOT_FOUND, /* there is no such thing */
};

/* Which of the switch's lookups go to a service, and what is made of the answer. */
struct fsz_binding_config {
    char               *name; /* unique among bindings; as a stream's */
    char               *service;
    uint32_t            sections;          /* fsz_section bits, never 0 */
    char               *tag, *key, *value; /* patterns (glob.h); NULL: whatever it is */
    struct fsz_fields  *params;            /* which of the switch's headers are sent; NULL: all */
    int64_t             deadline_ms;       /* 0: the service's */
    int64_t             xml_bytes;         /* of one document */
    enum fsz_on_failure on_failure;
    int64_t             cache_s;           /* how long a document holds, unless it says; 0: not */
    int64_t             cache_negative_s;  /* how long it holds that there is none; 0: not */
    int64_t             cache_ttl_max_s;   /* the longest ttl_s of an answer; 0: none is heeded */
    int64_t             stale_s;           /* how long after that it serves where a lookup fails */
    char              **cache_params;      /* what counts of a call that asks (lookup_key.c) */
    size_t              cache_param_count; /* 0: all does; behind it (FSZ_KEY_NAMES) */
};

/* What the users of a group may do. */
struct fsz_group_config {
    char              *name;   /* unique; as a stream's */
    struct fsz_grants *grants; /* never NULL */
    int                line;   /* in the file; 0: not known */
};

struct fsz_config {
    struct fsz_ref references;

    int64_t queue_events;      /* bound of the queue, in events */
    int64_t queue_bytes;       /* and in bytes */
    int64_t io_threads;        /* of libzmq; read at start only */
    int64_t max_sockets;       /* of libzmq's context; read at start only */
    int64_t event_types_max;   /* distinct event names and subclasses tracked */
    int64_t subscriptions_max; /* of all subscribers of one stream */
    int64_t subscription_bytes_max;
    int64_t batch_us;  /* how long events that come thick may wait for others; 0: not */
    int64_t linger_ms; /* how long an orderly stop waits for peers to be sent what is queued */
    struct fsz_selection *low_priority; /* drop classes; what neither names is normal */
    struct fsz_selection *high_priority;

    struct fsz_problems *warnings; /* what hardly was meant, but may be; NULL: nothing */

    char *users_file;     /* absolute path; NULL: nobody has a name */
    char *curve_key_file; /* absolute path of the secret certificate; NULL: no CURVE */
    char  curve_secret_key[FSZ_KEY_BYTES]; /* what is in it, once fsz_config_load_files() was called
                                            */
    int64_t workers;                       /* threads that run requests */
    int64_t workers_stuck;                 /* of them that may be given up and replaced */
    int64_t worker_queue;                  /* requests that wait for one */
    int64_t worker_share;                  /* requests of one user, waiting and running */
    int64_t jobs_keep_s;                   /* how long results of background jobs are kept */
    int64_t jobs_max;                      /* and how many */
    int64_t jobs_bytes;                    /* and how large together */
    int64_t audit_rate;                    /* records a second; 0: none */
    int64_t client_events_rate;            /* events a second; 0: none */
    int64_t failures_per_minute;           /* wrong passwords and keys of one address */
    int64_t connections_max;               /* of one stream or API socket */
    int64_t address_connections_max;       /* of one address; 0: three quarters of these */
    int64_t address_connections_per_second; /* new ones of one address; 0: no bound */
    int64_t address_connections_burst;      /* of these, in a row */

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

    int64_t cache_entries; /* documents that the cache of lookups has at most */
    int64_t cache_bytes;   /* and their bytes together */
    char *literal_service; /* whose settings endpoints have that a dialplan names; NULL: none may */
};

/* Builds a configuration from the root node `configuration`. Every mistake is added to `problems`
 * with the key, the value, what is allowed and the line, where known; with any mistake *ret_config
 * stays untouched and FSZ_EINVALID comes back; FSZ_ENOMEM. An absent key has its default. The
 * caller frees *ret_config, and root and problems, which are not referred to any more. */
FSZ_NODISCARD fsz_err fsz_config_load(const struct fsz_confnode *root,
                                      struct fsz_config        **ret_config,
                                      struct fsz_problems       *problems);
/* What an empty configuration gives: the stream FSZ_DEFAULT_STREAM at FSZ_DEFAULT_ENDPOINT, the
 * stream FSZ_DEFAULT_NUMBERED_STREAM with framing `envelope` at FSZ_DEFAULT_NUMBERED_ENDPOINT, and
 * the API socket FSZ_DEFAULT_CHANNEL at FSZ_DEFAULT_CHANNEL_ENDPOINT, which admit loopback.auto,
 * and the group FSZ_DEFAULT_GROUP, which may see everything and change nothing. */
FSZ_NODISCARD fsz_err fsz_config_default(struct fsz_config **ret_config);
/* Reads what the configuration has in other files, the keys of CURVE: before its sockets are
 * opened. Blocks on the files. FSZ_EINVALID, FSZ_ESYSTEM: told in `problems`. */
FSZ_NODISCARD fsz_err fsz_config_load_files(struct fsz_config   *config,
                                            struct fsz_problems *problems);

/* Has its endpoints' connections encrypted. */
bool fsz_config_service_has_curve(const struct fsz_service_config *service);

/* The sockets of all streams, then those of all API sockets. */
size_t                          fsz_config_socket_count(const struct fsz_config *config);
const struct fsz_socket_config *fsz_config_socket_at(const struct fsz_config *config, size_t index);

/* NULL: there is none of that name. */
const struct fsz_service_config *fsz_config_find_service(const struct fsz_config *config,
                                                         const char              *name);

/* Another reference: what is built and checked is read by several, and changed by none. */
struct fsz_config *fsz_config_ref(struct fsz_config *config);
/* Gives a reference up; the last one frees, and wipes the secret key. Accepts NULL in *config. */
void fsz_config_free(struct fsz_config **config);

#endif
