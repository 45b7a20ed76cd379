/* SPDX-License-Identifier: MPL-2.0 */
/* gaps.h - finds lost events by the numbers in the meta frames of framing `envelope`.
 *
 * It compares the numbers of each event type (type_seq), never seq, which also counts events that
 * the user may not see. A beat carries the latest numbers, so a loss is also found if no later
 * event shows it. Counting begins with a beat that names all types; earlier events are not counted
 * as lost. Memory is bounded whatever a peer sends. */
#ifndef FSZ_GAPS_H
#define FSZ_GAPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    FSZ_GAPS_STREAMS_MAX = 64,        /* streams at a time; the one silent for longest makes room */
    FSZ_GAPS_EVENT_TYPES_MAX = 65536, /* event types per stream */
};

enum fsz_gap_type {
    FSZ_GAP_EVENT_TYPE, /* events `first` to `last` of the type are lost */
    FSZ_GAP_EPOCH,      /* the stream was restarted, and so were its numbers */
};

struct fsz_gap {
    enum fsz_gap_type type;
    const char       *stream;
    const char       *event_type; /* FSZ_GAP_KIND only */
    json_int_t        first;
    json_int_t        last;
};

/* Called from within fsz_gaps_see(). `gap` is valid until the callback returns. */
typedef void (*fsz_gap_fn)(void *context, const struct fsz_gap *gap);

struct fsz_gaps;

/* `topics` are the `count` prefixes subscribed to; none: everything. The caller keeps them valid
 * until fsz_gaps_free(). Returns NULL when out of memory. */
struct fsz_gaps *fsz_gaps_new(char *const *topics, size_t count, fsz_gap_fn report, void *context);
void             fsz_gaps_free(struct fsz_gaps **gaps);

/* Takes the meta of an event or, with `own`, of a message of the stream itself (.beat/, .bye/), in
 * order of arrival. Ignores a meta without numbers, and numbers that it has seen before. */
void fsz_gaps_see(struct fsz_gaps *gaps, const json_t *meta, bool own);

/* The number of lost events so far. */
json_int_t fsz_gaps_lost(const struct fsz_gaps *gaps);

#endif
