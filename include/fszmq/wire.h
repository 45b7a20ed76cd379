/* wire.h - the names that the publisher and its clients agree on ("fszmq/1").
 *
 * Strings only, no dependencies: any program may include it. Their meaning: docs/protocol/. */
#ifndef FSZMQ_WIRE_H
#define FSZMQ_WIRE_H

#define FSZMQ_PROTOCOL "fszmq/1"

/* Where a switch publishes unless its configuration says otherwise, and how a client on the same
 * host reaches it. */
#define FSZMQ_PORT 5556
#define FSZMQ_ENDPOINT_BIND "tcp://*:5556"
#define FSZMQ_ENDPOINT_CONNECT "tcp://127.0.0.1:5556"

/* The same events with framing `envelope`. */
#define FSZMQ_ENVELOPE_PORT 5558
#define FSZMQ_ENVELOPE_BIND "tcp://*:5558"
#define FSZMQ_ENVELOPE_CONNECT "tcp://127.0.0.1:5558"

/* The same for requests (docs/protocol/requests.md). */
#define FSZMQ_API_PORT 5557
#define FSZMQ_API_BIND "tcp://*:5557"
#define FSZMQ_API_CONNECT "tcp://127.0.0.1:5557"

/* Framing `json` is one frame; framing `envelope` is these, in this order. */
enum fszmq_frame {
    FSZMQ_FRAME_TOPIC,
    FSZMQ_FRAME_META,
    FSZMQ_FRAME_EVENT,
    FSZMQ_FRAME_COUNT,
};

/* Framing `json`: an event's first bytes, up to its name; for a subclass the name's closing quote
 * and the second of these follow. What a client subscribes to. */
#define FSZMQ_JSON_NAME "{\"Event-Name\":\""
#define FSZMQ_JSON_SUBCLASS ",\"Event-Subclass\":\""

/* Framing `envelope`: what topics of the stream's own messages begin with. No event's topic starts
 * with a dot. */
#define FSZMQ_TOPIC_BEAT ".beat/"
#define FSZMQ_TOPIC_BYE ".bye/"
#define FSZMQ_TOPIC_LOST ".lost/"
#define FSZMQ_TOPIC_SEPARATOR '/'

/* Members of the meta frame. */
#define FSZMQ_META_STREAM "stream"     /* name of the stream */
#define FSZMQ_META_EPOCH "epoch"       /* UUID, new at each start of the stream */
#define FSZMQ_META_SEQ "seq"           /* number of the event in the stream */
#define FSZMQ_META_TYPE "type"         /* Event-Name/Event-Subclass, as in a topic */
#define FSZMQ_META_TYPE_SEQ "type_seq" /* number of the event among those of its kind */
#define FSZMQ_META_TIME "time"         /* microseconds since 1970 */
#define FSZMQ_META_TYPES "types"       /* a beat: last type_seq of each kind that moved */
#define FSZMQ_META_LOST "lost" /* on .lost/: messages dropped for this subscriber, by class */
#define FSZMQ_META_ALL "all"   /* a beat: true where it names every kind with a number */

#endif
