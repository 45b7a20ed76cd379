/* serialise.h - FreeSWITCH's own way from an event to JSON, for bench_encode; where FreeSWITCH's
 * development files are. */
#ifndef BENCH_SERIALISE_H
#define BENCH_SERIALISE_H

#include "bench/corpus.h"

/* Makes the switch's events of all items. Once. */
void serialise_load(const struct corpus *corpus);
/* Writes the event of an item of that corpus with switch_event_serialize_json(), throws it away,
 * and returns how many bytes that were. */
size_t serialise_write(const struct corpus_item *item);
void   serialise_free(void);

#endif
