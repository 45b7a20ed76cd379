/* SPDX-License-Identifier: MPL-2.0 */
/* mod_inproc_probe - a second module that subscribes to mod_event_zmq over inproc, for the tests.
 *
 * inproc_probe start ENDPOINT: subscribes to everything; at ETERM it closes the socket and returns
 * the context. inproc_probe late ENDPOINT: the same, but keeps context and socket until `stop`.
 * inproc_probe count: events so far, and the state of the thread: running, ended or none.
 * inproc_probe stop: ends the thread. */
#include <fszmq/context.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <switch.h>
#include <zmq.h>

SWITCH_MODULE_LOAD_FUNCTION(mod_inproc_probe_load);
SWITCH_MODULE_SHUTDOWN_FUNCTION(mod_inproc_probe_shutdown);
SWITCH_MODULE_DEFINITION(mod_inproc_probe, mod_inproc_probe_load, mod_inproc_probe_shutdown, NULL);

enum { PROBE_WAIT_MS = 50, PROBE_ENDPOINT_BYTES = 256 };

static struct {
    pthread_t            thread;
    bool                 started;
    bool                 late;
    atomic_bool          ending, ended;
    atomic_ulong         count;
    struct fszmq_context context;
    char                 endpoint[PROBE_ENDPOINT_BYTES];
} probe;

/* False: the context is being terminated. */
static bool probe_receive(void *socket)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    bool received = zmq_msg_recv(&message, socket, 0) >= 0;
    bool terminated = !received && zmq_errno() == ETERM;
    probe.count += received;
    zmq_msg_close(&message);
    return !terminated;
}

static void *probe_main(void *unused)
{
    int   wait_ms = PROBE_WAIT_MS;
    void *socket = zmq_socket(probe.context.zmq, ZMQ_SUB);
    (void)unused;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    zmq_connect(socket, probe.endpoint);
    bool open = true;
    while (!probe.ending && open) {
        open = probe_receive(socket);
    }
    while (probe.late && !probe.ending) {
        switch_yield(PROBE_WAIT_MS * 1000);
    }
    zmq_close(socket);
    fszmq_context_give(&probe.context);
    probe.ended = true;
    return NULL;
}

static const char *probe_start(const char *endpoint, bool late)
{
    if (probe.started) {
        return "-ERR started already";
    }
    if (fszmq_context_take(&probe.context) != 0) {
        return "-ERR no context";
    }
    switch_copy_string(probe.endpoint, endpoint, sizeof(probe.endpoint));
    probe.late = late;
    probe.count = 0;
    probe.ending = probe.ended = false;
    if (pthread_create(&probe.thread, NULL, probe_main, NULL) != 0) {
        fszmq_context_give(&probe.context);
        return "-ERR no thread";
    }
    probe.started = true;
    return "+OK";
}

static void probe_stop(void)
{
    probe.ending = true;
    if (probe.started) {
        pthread_join(probe.thread, NULL);
    }
    probe.started = false;
}

SWITCH_STANDARD_API(probe_command)
{
    const char *line = cmd ? cmd : "";
    (void)session;
    if (strncmp(line, "start ", 6) == 0) {
        stream->write_function(stream, "%s\n", probe_start(line + 6, false));
    } else if (strncmp(line, "late ", 5) == 0) {
        stream->write_function(stream, "%s\n", probe_start(line + 5, true));
    } else if (strcmp(line, "stop") == 0) {
        probe_stop();
        stream->write_function(stream, "+OK\n");
    } else {
        stream->write_function(stream, "%lu %s\n", (unsigned long)probe.count,
                               !probe.started ? "none"
                               : probe.ended  ? "ended"
                                              : "running");
    }
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_LOAD_FUNCTION(mod_inproc_probe_load)
{
    switch_api_interface_t *api_interface;
    *module_interface = switch_loadable_module_create_module_interface(pool, modname);
    SWITCH_ADD_API(api_interface, "inproc_probe", "subscribes over inproc", probe_command,
                   "start ENDPOINT | late ENDPOINT | count | stop");
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_SHUTDOWN_FUNCTION(mod_inproc_probe_shutdown)
{
    probe_stop();
    return SWITCH_STATUS_SUCCESS;
}
