/* SPDX-License-Identifier: MPL-2.0 */
/* bench_encode [FILE]: the encoder on captured events, against FreeSWITCH's serialiser, or, if
 * built without FreeSWITCH, against cJSON, which the serialiser uses. FILE has one JSON object per
 * line; default: the project's captured calls.
 *
 * The source is a linked list of headers as in a switch: each header, its name and its value are
 * separate allocations. All encoders take turns on a batch of events, for many rounds; a figure is
 * the sum of the medians of all batches. It includes allocation and release of the output. */
#include "bench/corpus.h"
#include "event/encode.h"
#include "event/fast_path.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef FSZ_HAVE_FREESWITCH
#include "bench/serialise.h"
#endif
#ifdef FSZ_HAVE_CJSON
#include <cjson/cJSON.h>
#endif

enum {
    ROUNDS = 41,
    BATCH_EVENTS =
        64, /* about 700 KB of headers: as close in the caches as a new event of a switch */
    CONTESTANTS_MAX = 8,
};

typedef size_t (*encode_fn)(const struct corpus_item *item); /* returns the bytes written */

struct contestant {
    const char                 *name;
    encode_fn                   encode;
    const struct fsz_fast_path *path; /* NULL: not our encoder */
    double                      seconds;
    size_t                      bytes;
};

/* -- the encoders -------------------------------------------------------------------------------
 */

static size_t encode_ours(const struct corpus_item *item)
{
    struct fsz_event  event = corpus_event(item);
    struct fsz_buffer out;
    fsz_buffer_init(&out, SIZE_MAX);
    if (fsz_encode(&event, NULL, 0, &out, NULL) != FSZ_OK) {
        exit(1);
    }
    size_t size = out.size;
    fsz_buffer_fini(&out);
    return size;
}

#ifdef FSZ_HAVE_CJSON
static cJSON *cjson_value(const struct corpus_node *node)
{
    if (node->value_count == 0) {
        return cJSON_CreateString(node->value);
    }
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < node->value_count; i++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(node->values[i]));
    }
    return array;
}

static size_t encode_cjson(const struct corpus_item *item)
{
    cJSON *object = cJSON_CreateObject();
    for (const struct corpus_node *node = item->first; node != NULL; node = node->next) {
        cJSON_AddItemToObject(object, node->name, cjson_value(node));
    }
    if (item->body != NULL) {
        char length[24];
        snprintf(length, sizeof(length), "%zu", strlen(item->body));
        cJSON_AddItemToObject(object, "Content-Length", cJSON_CreateString(length));
        cJSON_AddItemToObject(object, "_body", cJSON_CreateString(item->body));
    }
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    size_t size = strlen(text);
    free(text);
    return size;
}
#endif

/* -- measuring --------------------------------------------------------------------------------- */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* excludes other load on the machine */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double contestant_round_s(const struct contestant  *contestant,
                                 const struct corpus_item *items, size_t count, size_t *ret_bytes)
{
    size_t bytes = 0;
    if (contestant->path != NULL) {
        fsz_fast_path = contestant->path;
    }
    double start = now_s();
    for (size_t i = 0; i < count; i++) {
        bytes += contestant->encode(&items[i]);
    }
    *ret_bytes = bytes;
    return now_s() - start;
}

/* All encoders take turns on the same few events, so that conditions are equal. */
static void batch_measure(const struct corpus *corpus, size_t first, struct contestant *contestants,
                          size_t count)
{
    static double rounds[CONTESTANTS_MAX][ROUNDS];
    size_t        left = corpus->count - first;
    size_t        items = left < BATCH_EVENTS ? left : BATCH_EVENTS;
    size_t        bytes[CONTESTANTS_MAX];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            rounds[i][round] =
                contestant_round_s(&contestants[i], &corpus->items[first], items, &bytes[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        qsort(rounds[i], ROUNDS, sizeof(rounds[i][0]), compare);
        contestants[i].seconds += rounds[i][ROUNDS / 2];
        contestants[i].bytes += bytes[i];
    }
}

static size_t contestants_list(struct contestant *ret_contestants)
{
    size_t count = 0;
#ifdef FSZ_HAVE_CJSON
    ret_contestants[count++] = (struct contestant){.name = "cJSON", .encode = encode_cjson};
#endif
#ifdef FSZ_HAVE_FREESWITCH
    ret_contestants[count++] = (struct contestant){.name = "FreeSWITCH", .encode = serialise_write};
#endif
    for (const struct fsz_fast_path *path = fsz_fast_paths();
         path->name != NULL && count < CONTESTANTS_MAX; path++) {
        ret_contestants[count++] =
            (struct contestant){.name = path->name, .encode = encode_ours, .path = path};
    }
    return count;
}

static void print_table(const struct corpus *corpus, const struct contestant *contestants,
                        size_t count)
{
    double events = (double)corpus->count;
    printf("%zu events, %.1f headers and %.0f bytes of JSON each on average\n\n", corpus->count,
           (double)corpus->headers / events, (double)contestants[count - 1].bytes / events);
    printf("%-10s %8s %10s %20s\n", "", "MB/s", "ns/event", "times as fast");
    for (size_t i = 0; i < count; i++) {
        printf("%-10s %8.0f %10.0f", contestants[i].name,
               (double)contestants[i].bytes / contestants[i].seconds / 1e6,
               contestants[i].seconds * 1e9 / events);
        if (contestants[0].path == NULL) {
            printf(" %20.1f", contestants[0].seconds / contestants[i].seconds);
        }
        putchar('\n');
    }
}

struct run {
    const struct corpus *corpus;
    struct contestant    contestants[CONTESTANTS_MAX];
    size_t               count;
};

static void *run_measure(void *argument)
{
    struct run *run = argument;
    run->count = contestants_list(run->contestants);
    for (size_t first = 0; first < run->corpus->count; first += BATCH_EVENTS) {
        batch_measure(run->corpus, first, run->contestants, run->count);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char   *path = argc > 1 ? argv[1] : FSZ_BENCH_DATA "/calls.jsonl";
    struct corpus corpus = {0};
    struct run    run = {.corpus = &corpus};
    pthread_t     thread;
    if (!corpus_load(&corpus, path)) {
        fprintf(stderr, "bench_encode: no events in %s\n", path);
        return 1;
    }
#ifdef FSZ_HAVE_FREESWITCH
    serialise_load(&corpus);
#endif
    if (pthread_create(&thread, NULL, run_measure, &run) != 0) {
        perror("bench_encode: thread");
        return 1;
    }
    pthread_join(thread, NULL);
#ifdef FSZ_HAVE_FREESWITCH
    serialise_free();
#else
    puts("built without a FreeSWITCH: its own serialiser is left out, and cJSON stands in\n");
#endif
    print_table(&corpus, run.contestants, run.count);
    corpus_free(&corpus);
    return 0;
}
