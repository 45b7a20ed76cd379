/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/show.h"

#include "cli/headers.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

int fsz_show_fields(struct fsz_show *show, const char *list)
{
    char *rest = NULL;
    show->fields_text = strdup(list);
    if (show->fields_text == NULL) {
        return -1;
    }
    for (char *name = strtok_r(show->fields_text, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        if (show->fields.count == FSZ_OPTION_LIST_MAX) {
            return -1;
        }
        show->fields.items[show->fields.count++] = name;
    }
    return 0;
}

void fsz_show_fini(struct fsz_show *show)
{
    free(show->fields_text);
    show->fields_text = NULL;
    show->fields.count = 0;
}

/* Makes an object of the chosen headers that the event has. NULL: out of memory. */
static json_t *show_chosen(const struct fsz_show *show, const json_t *event)
{
    json_t *chosen = json_object();
    for (size_t i = 0; chosen != NULL && i < show->fields.count; i++) {
        const json_t *value = fsz_headers_find(event, show->fields.items[i]);
        if (value != NULL) {
            json_object_set(chosen, show->fields.items[i], (json_t *)value);
        }
    }
    return chosen;
}

static void show_json_object(const struct fsz_show *show, FILE *out, const json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (text != NULL) {
        fsz_text_put_json(out, text, strlen(text), show->terminal);
    }
    free(text);
}

/* Without a choice of fields, writes the event's original bytes: exactly what was sent. */
static void show_json_event(const struct fsz_show *show, FILE *out, struct fsz_message *message,
                            const json_t *event)
{
    size_t      size = 0;
    const char *text = fsz_message_event(message, &size);
    if (show->fields.count == 0) {
        fsz_text_put_json(out, text, size, show->terminal);
        return;
    }
    json_t *chosen = show_chosen(show, event);
    show_json_object(show, out, chosen);
    json_decref(chosen);
}

static void show_json(const struct fsz_show *show, FILE *out, struct fsz_message *message,
                      const json_t *event, const json_t *meta)
{
    if (!show->envelope) {
        show_json_event(show, out, message, event);
    } else {
        fputs("{\"meta\":", out);
        if (meta == NULL) {
            fputs("null", out);
        } else {
            show_json_object(show, out, meta);
        }
        fputs(",\"event\":", out);
        show_json_event(show, out, message, event);
        fputc('}', out);
    }
    fputc('\n', out);
}

void fsz_show_event(const struct fsz_show *show, FILE *out, struct fsz_message *message,
                    const json_t *event, json_t *meta)
{
    if (show->json) {
        show_json(show, out, message, event, meta);
        return;
    }
    if (show->envelope && meta != NULL) {
        fsz_pretty_meta(&show->pretty, out, meta);
    }
    fsz_pretty_event(&show->pretty, out, event);
}
