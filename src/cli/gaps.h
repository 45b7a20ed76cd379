/* gaps.h - what a subscriber lost, from the numbers in the meta frames of framing `envelope`.
 *
 * The numbers of each kind (type_seq) are watched, never seq, which counts also events that this
 * user may not see. A beat says how far the numbers have gone, so a loss that no later event shows
 * is seen too, and one that names all kinds says where counting starts. What was sent before that
 * is not a loss. Memory is bounded whatever a peer sends. */
#ifndef FSZ_GAPS_H
#define FSZ_GAPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    FSZ_GAPS_STREAMS_MAX = 64, /* streams followed at a time; the one silent longest makes room */
    FSZ_GAPS_EVENT_TYPES_MAX = 65536, /* kinds followed in each */
};

enum fsz_gap_type {
    FSZ_GAP_EVENT_TYPE, /* events first to last of the kind are lost */
    FSZ_GAP_EPOCH,      /* the stream was started anew, and its numbers with it */
};

struct fsz_gap {
    enum fsz_gap_type type;
    const char       *stream;
    const char       *event_type; /* FSZ_GAP_KIND only */
    json_int_t        first;
    json_int_t        last;
};

/* Called from within fsz_gaps_see(); what `gap` points at is valid until it returns. */
typedef void (*fsz_gap_fn)(void *context, const struct fsz_gap *gap);

struct fsz_gaps;

/* `topics` (of `count`) are the prefixes subscribed to; none: everything. They stay the caller's,
 * valid until free. Returns NULL when out of memory. */
struct fsz_gaps *fsz_gaps_new(char *const *topics, size_t count, fsz_gap_fn report, void *context);
void             fsz_gaps_free(struct fsz_gaps **gaps);

/* Takes the meta of an event, or of a message of the stream's own (.beat/, .bye/: `own`), in the
 * order of arrival. One that lacks the numbers is ignored, and so is a number that went by before.
 */
void fsz_gaps_see(struct fsz_gaps *gaps, const json_t *meta, bool own);

/* Events known to be lost so far. */
json_int_t fsz_gaps_lost(const struct fsz_gaps *gaps);

#endif
