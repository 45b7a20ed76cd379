/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/variables.h"

#include "sim/emit.h"
#include "sim/leg_headers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ARRAY_BYTES = 1 << 20 };

static const char PREFIX[] = "variable_";

/* Fields of the caller profile, and the headers that carry them. */
static const struct {
    const char *name, *header;
} FIELDS[] = {
    {"destination_number", "Caller-Destination-Number"},
    {"caller_id_name", "Caller-Caller-ID-Name"},
    {"caller_id_number", "Caller-Caller-ID-Number"},
    {"callee_id_name", "Caller-Callee-ID-Name"},
    {"callee_id_number", "Caller-Callee-ID-Number"},
    {"ani", "Caller-ANI"},
    {"username", "Caller-Username"},
    {"dialplan", "Caller-Dialplan"},
    {"context", "Caller-Context"},
    {"network_addr", "Caller-Network-Addr"},
    {"source", "Caller-Source"},
    {"chan_name", "Caller-Channel-Name"},
    {"uuid", "Unique-ID"},
};

/* The header that carries a variable; the caller frees it. NULL: out of memory. */
static char *variable_header(const char *name)
{
    size_t length = strlen(name) + 1;
    char  *header = malloc(sizeof PREFIX - 1 + length);
    if (header != NULL) {
        memcpy(header, PREFIX, sizeof PREFIX - 1);
        memcpy(header + sizeof PREFIX - 1, name, length);
    }
    return header;
}

const char *fsz_variable_get(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name)
{
    char       *header = variable_header(name);
    const char *value = header == NULL ? "" : fsz_leg_header(sim, leg, header);
    free(header);
    for (size_t i = 0; *value == '\0' && i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (strcasecmp(FIELDS[i].name, name) == 0) {
            value = fsz_leg_header(sim, leg, FIELDS[i].header);
        }
    }
    return *value == '\0' ? NULL : value;
}

static void variable_take_array(const struct fsz_header *header, fsz_variable_fn take,
                                void *argument)
{
    struct fsz_buffer text;
    fsz_buffer_init(&text, ARRAY_BYTES);
    for (size_t i = 0; i < header->value_count; i++) {
        fsz_buffer_text(&text, i == 0 ? "ARRAY::" : "|:");
        fsz_buffer_text(&text, header->values[i]);
    }
    take(argument, header->name + sizeof PREFIX - 1, fsz_buffer_string(&text));
    fsz_buffer_fini(&text);
}

fsz_err fsz_variable_each(struct fsz_sim *sim, const struct fsz_leg *leg, fsz_variable_fn take,
                          void *argument)
{
    struct fsz_header *headers = fsz_emit_headers(sim, leg);
    if (headers == NULL) {
        return FSZ_ENOMEM;
    }
    for (const struct fsz_header *header = headers; header->name != NULL; header++) {
        if (strncasecmp(header->name, PREFIX, sizeof PREFIX - 1) != 0) {
            continue;
        }
        if (header->value_count > 0) {
            variable_take_array(header, take, argument);
        } else {
            take(argument, header->name + sizeof PREFIX - 1, header->value);
        }
    }
    free(headers);
    return FSZ_OK;
}

fsz_err fsz_variable_set(struct fsz_leg *leg, const char *name, const char *value)
{
    char   *header = variable_header(name);
    fsz_err err = header == NULL ? FSZ_ENOMEM : fsz_leg_set(leg, header, value);
    free(header);
    return err;
}

void fsz_variable_set_or_log(struct fsz_sim *sim, struct fsz_leg *leg, const char *name,
                             const char *value)
{
    fsz_err err = fsz_variable_set(leg, name, value);
    if (err != FSZ_OK) {
        fsz_emit_log(sim, leg, fsz_err_text(err));
    }
}
