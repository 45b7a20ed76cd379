/* SPDX-License-Identifier: MPL-2.0 */
/* wire.h - names shared by the publisher and its clients ("fszmq/1").
 *
 * Strings only, no dependencies: any program may include it. docs/protocol/ defines their meaning.
 */
#ifndef FSZMQ_WIRE_H
#define FSZMQ_WIRE_H

#define FSZMQ_PROTOCOL "fszmq/1"

/* Where a switch publishes by default, and how a client on the same host connects. */
#define FSZMQ_PORT 5556
#define FSZMQ_ENDPOINT_BIND "tcp://*:5556"
#define FSZMQ_ENDPOINT_CONNECT "tcp://127.0.0.1:5556"

/* The same events with framing `envelope`. */
#define FSZMQ_ENVELOPE_PORT 5558
#define FSZMQ_ENVELOPE_BIND "tcp://*:5558"
#define FSZMQ_ENVELOPE_CONNECT "tcp://127.0.0.1:5558"

/* The default for requests (docs/protocol/requests.md). */
#define FSZMQ_API_PORT 5557
#define FSZMQ_API_BIND "tcp://*:5557"
#define FSZMQ_API_CONNECT "tcp://127.0.0.1:5557"

/* Framing `json` has one frame; framing `envelope` has these frames in this order. */
enum fszmq_frame {
    FSZMQ_FRAME_TOPIC,
    FSZMQ_FRAME_META,
    FSZMQ_FRAME_EVENT,
    FSZMQ_FRAME_COUNT,
};

/* Framing `json`: the first bytes of an event, up to its name; for a subclass, the closing quote of
 * the name and the second text follow. Clients subscribe to these. */
#define FSZMQ_JSON_NAME "{\"Event-Name\":\""
#define FSZMQ_JSON_SUBCLASS ",\"Event-Subclass\":\""

/* Framing `envelope`: how the topics of the stream's own messages begin. Topics of events never
 * begin with a dot. */
#define FSZMQ_TOPIC_BEAT ".beat/"
#define FSZMQ_TOPIC_BYE ".bye/"
#define FSZMQ_TOPIC_LOST ".lost/"
#define FSZMQ_TOPIC_SEPARATOR '/'

/* Members of the meta frame. */
#define FSZMQ_META_STREAM "stream"     /* name of the stream */
#define FSZMQ_META_EPOCH "epoch"       /* UUID, new each time the stream starts */
#define FSZMQ_META_SEQ "seq"           /* number of the event in the stream */
#define FSZMQ_META_TYPE "type"         /* Event-Name/Event-Subclass, as in a topic */
#define FSZMQ_META_TYPE_SEQ "type_seq" /* number of the event among those of its type */
#define FSZMQ_META_TIME "time"         /* microseconds since 1970 */
#define FSZMQ_META_TYPES "types"       /* in a beat: last type_seq of each changed event type */
#define FSZMQ_META_LOST "lost" /* on .lost/: messages dropped for this subscriber, by priority */
#define FSZMQ_META_ALL "all"   /* in a beat: true if it lists every event type that has a number */

#endif
