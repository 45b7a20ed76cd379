/* SPDX-License-Identifier: MPL-2.0 */
/* Reads one <stream> and checks it as a whole. */
#include "config/config_reader.h"
#include "event/fields.h"
#include "event/filter.h"
#include "event/selection.h"

#include <stdlib.h>
#include <string.h>

/* Several <filter> elements must all pass, so they become children of one filter. */
static void stream_add_filter(struct fsz_config_reader *r, const struct fsz_confnode *node,
                              struct fsz_filter **all)
{
    struct fsz_filter *filter = fsz_config_read_filter(r, node);
    if (*all == NULL && r->err == FSZ_OK) {
        r->err = fsz_filter_group_new(FSZ_FILTER_ALL, false, all);
    }
    if (filter == NULL || r->err != FSZ_OK) {
        fsz_filter_free(&filter);
        return;
    }
    if (fsz_filter_add(*all, filter) == FSZ_ELIMIT) {
        fsz_config_complain(r, node->line,
                            "more than %d conditions, or filters nested deeper than %d",
                            FSZ_FILTER_NODES_MAX, FSZ_FILTER_DEPTH_MAX);
    }
}

static void stream_read_children(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                 struct fsz_stream_config *stream)
{
    const struct fsz_confnode *child = node->children;
    for (; child != NULL && r->err == FSZ_OK; child = child->next) {
        if (strcmp(child->name, "filter") == 0) {
            stream_add_filter(r, child, &stream->filter);
        } else if (strcmp(child->name, "param") != 0) {
            fsz_config_refuse_element(r, child, "stream", "param or filter");
        }
    }
}

static void stream_check_multicast(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                   const struct fsz_socket_config *socket)
{
    size_t multicast = fsz_config_count_multicast(socket);
    bool   limited = fsz_config_was_given(r, "apply-inbound-acl") && socket->acl_count > 0;
    if (multicast > 0 && multicast == socket->endpoint_count && limited) {
        fsz_config_complain(r, node->line,
                            "apply-inbound-acl cannot protect multicast, which everyone on the "
                            "network may receive: remove it, or write any");
    }
}

static void stream_compile_fields(struct fsz_config_reader *r, struct fsz_stream_config *stream)
{
    fsz_err err = fsz_fields_new(r->fields[0], r->fields[1], r->fields[2], &stream->fields, NULL);
    if (err != FSZ_OK) {
        r->err = err;
    }
}

void fsz_config_read_stream(struct fsz_config_reader *r, const struct fsz_confnode *node,
                            struct fsz_stream_config *stream)
{
    fsz_config_read_name(r, node, "stream", &stream->name);
    fsz_config_read_socket(r, FSZ_SCOPE_STREAM, node, &stream->socket);
    stream_read_children(r, node, stream);
    stream_check_multicast(r, node, &stream->socket);
    stream_compile_fields(r, stream);
    r->where[0] = '\0';
}

void fsz_config_free_stream(struct fsz_stream_config *stream)
{
    fsz_config_free_socket(&stream->socket);
    for (size_t i = 0; i < stream->topic_count; i++) {
        free(stream->topic[i]);
    }
    free(stream->topic);
    fsz_selection_free(&stream->selection);
    fsz_filter_free(&stream->filter);
    fsz_fields_free(&stream->fields);
    free(stream->name);
}
