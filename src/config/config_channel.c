/* Reads one <api-socket>. */
#include "config/config_reader.h"

#include <stdlib.h>
#include <string.h>

void fsz_config_read_channel(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             struct fsz_channel_config *channel)
{
    fsz_config_read_name(r, node, "API socket", &channel->name);
    fsz_config_read_socket(r, FSZ_SCOPE_CHANNEL, node, &channel->socket);
    fsz_config_refuse_children(r, node, "param");
    if (fsz_config_count_multicast(&channel->socket) > 0) {
        fsz_config_complain(r, node->line,
                            "answers can't go over multicast: use tcp, ipc or inproc");
    }
    if (channel->deadline_ms > channel->deadline_max_ms) {
        channel->deadline_ms = channel->deadline_max_ms;
    }
    r->where[0] = '\0';
}

void fsz_config_free_channel(struct fsz_channel_config *channel)
{
    fsz_config_free_socket(&channel->socket);
    free(channel->name);
}
