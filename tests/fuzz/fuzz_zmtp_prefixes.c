/* SPDX-License-Identifier: MPL-2.0 */
/* The tree of prefixes compared with a plain list of (subscriber, prefix): the same matches, the
 * same prefixes, and no memory left after all are removed.
 *
 * Input: operations of one byte each. The low two bits are the operation, the others an index. The
 * operations that need a text read two bytes: the first is the number of bytes to copy from an
 * earlier prefix (selected by the index); the low six bits of the second are the number of input
 * bytes that follow, and its high two bits say how often the last one is repeated. */
#include "zmtp/prefixes_private.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS = 128, TEXT_BYTES = 2048 };

struct item {
    uint8_t                  bytes[TEXT_BYTES];
    size_t                   size;
    unsigned                 hits;
    struct fsz_prefix_entry *entry;
};

struct model {
    struct fsz_prefixes *tree;
    struct item         *items[ITEMS];
    size_t               count;
    unsigned             gone;
};

struct input {
    const uint8_t *data;
    size_t         size;
};

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

static uint8_t input_byte(struct input *input)
{
    if (input->size == 0) {
        return 0;
    }
    input->size--;
    return *input->data++;
}

static bool item_begins(const struct item *item, const uint8_t *text, size_t size)
{
    return item->size <= size && memcmp(item->bytes, text, item->size) == 0;
}

static size_t input_text(struct input *input, const struct model *model, size_t index,
                         uint8_t text[TEXT_BYTES])
{
    size_t  shared = input_byte(input);
    uint8_t more = input_byte(input);
    size_t  size = 0;
    if (model->count > 0) {
        const struct item *item = model->items[index % model->count];
        size = shared * 4 < item->size ? shared * 4 : item->size;
        size = shared < 8 && shared < item->size ? shared : size;
        memcpy(text, item->bytes, size);
    }
    for (unsigned i = 0; i < (more & 63U) && size < TEXT_BYTES; i++) {
        text[size++] = input_byte(input);
    }
    size_t again = size > 0 ? 300U * (more >> 6) : 0;
    for (; again > 0 && size < TEXT_BYTES; again--) {
        text[size] = text[size - 1];
        size++;
    }
    return size;
}

static void gone(void *argument, const void *prefix, size_t size)
{
    struct model *model = argument;
    (void)prefix;
    (void)size;
    model->gone++;
}

static bool model_has(const struct model *model, const struct item *item)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct item *other = model->items[i];
        if (other->size == item->size && memcmp(other->bytes, item->bytes, item->size) == 0) {
            return true;
        }
    }
    return false;
}

static void model_add(struct model *model, struct input *input, size_t index)
{
    if (model->count == ITEMS) {
        return;
    }
    struct item *item = calloc(1, sizeof(*item));
    bool         first = false;
    require(item != NULL);
    item->size = input_text(input, model, index, item->bytes);
    require(fsz_prefixes_add(model->tree, item->bytes, item->size, item, &item->entry, &first) ==
            FSZ_OK);
    require(first == !model_has(model, item));
    model->items[model->count++] = item;
}

static void model_remove(struct model *model, size_t index)
{
    if (model->count == 0) {
        return;
    }
    size_t       place = index % model->count;
    struct item *item = model->items[place];
    unsigned     before = model->gone;
    size_t       size = 0;
    require(memcmp(fsz_prefix_entry_bytes(item->entry, &size), item->bytes, item->size) == 0);
    require(size == item->size);
    model->items[place] = model->items[--model->count];
    fsz_prefixes_remove(model->tree, item->entry, gone, model);
    require(model->gone - before == (model_has(model, item) ? 0 : 1));
    free(item);
}

static void found(void *argument, void *subscriber)
{
    (*(size_t *)argument)++;
    ((struct item *)subscriber)->hits++;
}

static void model_match(const struct model *model, const uint8_t *topic, size_t size)
{
    size_t hits = 0, expected = 0;
    fsz_prefixes_match(model->tree, topic, size, found, &hits);
    for (size_t i = 0; i < model->count; i++) {
        unsigned one = item_begins(model->items[i], topic, size) ? 1 : 0;
        require(model->items[i]->hits == one);
        model->items[i]->hits = 0;
        expected += one;
    }
    require(hits == expected);
}

static void model_want(const struct model *model, const uint8_t *head, size_t size)
{
    bool wanted = false;
    for (size_t i = 0; i < model->count; i++) {
        const struct item *item = model->items[i];
        size_t             common = item->size < size ? item->size : size;
        wanted |= memcmp(item->bytes, head, common) == 0;
    }
    require(fsz_prefixes_want(model->tree, head, size) == wanted);
}

static void model_step(struct model *model, struct input *input)
{
    static uint8_t text[TEXT_BYTES];
    uint8_t        what = input_byte(input);
    size_t         index = what >> 2;
    if ((what & 3U) == 0) {
        model_remove(model, index);
    } else if ((what & 3U) == 1) {
        size_t size = input_text(input, model, index, text);
        model_match(model, text, size);
        model_want(model, text, size);
    } else {
        model_add(model, input, index);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct model model = {0};
    require(fsz_prefixes_new(&model.tree) == FSZ_OK);
    while (input.size > 0) {
        model_step(&model, &input);
        require(fsz_prefixes_count(model.tree) <= model.count);
    }
    for (size_t i = 0; i < model.count; i++) {
        model_match(&model, model.items[i]->bytes, model.items[i]->size);
    }
    while (model.count > size % 3) {
        model_remove(&model, size);
    }
    require(model.count > 0 || (model.tree->root.entries == NULL && model.tree->root.count == 0));
    fsz_prefixes_free(&model.tree);
    while (model.count > 0) {
        free(model.items[--model.count]);
    }
    return 0;
}
