/* SPDX-License-Identifier: MPL-2.0 */
/* corpus.h - events of a file (one JSON object per line) in the form of a switch: linked lists of
 * headers, with separate allocations for each header, its name and its value.
 *
 * For benchmarks: out of memory ends the program. One thread at a time may use a corpus. */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

struct corpus_node {
    char               *name;
    char               *value;
    char              **values;
    int                 value_count;
    struct corpus_node *next;
};

struct corpus_item {
    char               *name;
    char               *subclass;
    char               *body;
    struct corpus_node *first;
    struct corpus_node *time, *sequence; /* the stamps, after corpus_stamp() */
};

struct corpus {
    struct corpus_item *items;
    size_t              count;
    size_t              headers;
};

/* False: not readable (reported on stderr), or no events. */
bool corpus_load(struct corpus *corpus, const char *path);
void corpus_free(struct corpus *corpus);

/* The item in the form for the core; valid as long as the corpus. */
struct fsz_event corpus_event(const struct corpus_item *item);

/* Adds fszmq-bench's headers Bench-Time-Ns and Bench-Sequence at the end of every item. */
void corpus_add_stamps(struct corpus *corpus);
/* Sets both, with 20 digits each. */
void corpus_stamp(struct corpus_item *item, uint64_t time_ns, uint64_t sequence);

#endif
