/* corpus.h - events of a file (one JSON object a line) as a switch has them: each a linked list of
 * headers, with name, value and header itself in allocations of their own.
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
    struct corpus_node *time, *sequence; /* the stamps, where corpus_stamp() added them */
};

struct corpus {
    struct corpus_item *items;
    size_t              count;
    size_t              headers;
};

/* False: cannot be read (told on stderr) or holds no event. */
bool corpus_load(struct corpus *corpus, const char *path);
void corpus_free(struct corpus *corpus);

/* The item as the core takes it; valid as long as the corpus. */
struct fsz_event corpus_event(const struct corpus_item *item);

/* Gives every item the headers Bench-Time-Ns and Bench-Sequence of fszmq-bench, last. */
void corpus_add_stamps(struct corpus *corpus);
/* Sets both: 20 digits each, whatever the number. */
void corpus_stamp(struct corpus_item *item, uint64_t time_ns, uint64_t sequence);

#endif
