/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/stream_options.h"

#include "stream/stream.h"

#include <string.h>
#include <zmq.h>

enum { STREAM_OPTIONS = 5 };

struct stream_option {
    int option;
    int value;
};

static void stream_options_list(const struct fsz_stream_config *config,
                                struct stream_option            list[STREAM_OPTIONS])
{
    const struct stream_option options[STREAM_OPTIONS] = {
        {ZMQ_SNDHWM, (int)config->socket.send_hwm},
        {ZMQ_RATE, (int)config->multicast_rate_kbit},
        {ZMQ_RECOVERY_IVL, (int)config->multicast_recovery_ms},
        {ZMQ_MULTICAST_HOPS, (int)config->multicast_hops},
        {ZMQ_MULTICAST_MAXTPDU, (int)config->multicast_tpdu_bytes},
    };
    memcpy(list, options, sizeof(options));
}

bool fsz_stream_options_differ(const struct fsz_stream_config *a, const struct fsz_stream_config *b)
{
    struct stream_option of_a[STREAM_OPTIONS], of_b[STREAM_OPTIONS];
    stream_options_list(a, of_a);
    stream_options_list(b, of_b);
    return memcmp(of_a, of_b, sizeof(of_a)) != 0;
}

void fsz_stream_options_apply(void *socket, const struct fsz_stream_config *config)
{
    struct stream_option list[STREAM_OPTIONS];
    int64_t              largest = FSZ_SUBSCRIPTION_BYTES_MAX;
    stream_options_list(config, list);
    for (size_t i = 0; i < STREAM_OPTIONS; i++) {
        zmq_setsockopt(socket, list[i].option, &list[i].value, sizeof(list[i].value));
    }
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof(largest));
}
