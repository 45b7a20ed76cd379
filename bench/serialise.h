/* SPDX-License-Identifier: MPL-2.0 */
/* serialise.h - FreeSWITCH's serialiser, for bench_encode; needs FreeSWITCH's development files. */
#ifndef BENCH_SERIALISE_H
#define BENCH_SERIALISE_H

#include "bench/corpus.h"

/* Makes a switch event of each item. Call it once. */
void serialise_load(const struct corpus *corpus);
/* Serialises the event of an item with switch_event_serialize_json(), and frees the text. Returns
 * its size in bytes. */
size_t serialise_write(const struct corpus_item *item);
void   serialise_free(void);

#endif
