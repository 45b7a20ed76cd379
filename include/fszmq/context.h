/* SPDX-License-Identifier: MPL-2.0 */
/* fszmq/context.h - the event publisher's libzmq context, for other code in the same process.
 *
 * An inproc:// endpoint can be reached only through the context that bound it. Another FreeSWITCH
 * module (or any part of the process) takes the context of a loaded mod_event_zmq, opens SUB
 * sockets on it, and gives it back:
 *
 *     struct fszmq_context context;
 *     if (fszmq_context_take(&context) == 0) {
 *         void *events = zmq_socket(context.zmq, ZMQ_SUB);
 *         zmq_setsockopt(events, ZMQ_SUBSCRIBE, "", 0);
 *         zmq_connect(events, "inproc://events");
 *         ... zmq_recv() until it fails with ETERM: mod_event_zmq is being unloaded ...
 *         zmq_close(events);
 *         fszmq_context_give(&context);
 *     }
 *
 * Ownership: mod_event_zmq owns the context; never terminate it. Within two seconds of ETERM, close
 * your sockets and give the context back. After that the unload continues without you: your sockets
 * stay silent, but nothing that you use is freed. Threads: call both functions from any thread; a
 * socket belongs to one thread. Link libzmq only (and libdl on C libraries before 2.34). Source:
 * zmq_inproc(7). */
#ifndef FSZMQ_CONTEXT_H
#define FSZMQ_CONTEXT_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE before any include: dl_iterate_phdr(3) is used"
#endif

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#define FSZMQ_MODULE_FILE "mod_event_zmq.so"

struct fszmq_context {
    void *zmq;          /* the argument of zmq_socket(3) */
    void *fszmq_module; /* private, like all members below */
    void *fszmq_token;
    void (*fszmq_give)(void *token);
};

static inline int fszmq_find_module(struct dl_phdr_info *info, size_t size, void *ret_path)
{
    const char *slash = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
    (void)size;
    if (slash == NULL || strcmp(slash + 1, FSZMQ_MODULE_FILE) != 0) {
        return 0;
    }
    *(const char **)ret_path = info->dlpi_name;
    return 1;
}

/* 0, or -1: mod_event_zmq is not loaded, not started, or stopping. Keeps the module's code in
 * memory until the context is given back. */
static inline int fszmq_context_take(struct fszmq_context *ret_context)
{
    const char *path = NULL;
    void *(*take)(void **ret_zmq) = NULL;
    if (!dl_iterate_phdr(fszmq_find_module, &path)) {
        return -1;
    }
    ret_context->fszmq_module = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (ret_context->fszmq_module == NULL) {
        return -1;
    }
    *(void **)&take = dlsym(ret_context->fszmq_module, "fszmq_module_context_take");
    *(void **)&ret_context->fszmq_give =
        dlsym(ret_context->fszmq_module, "fszmq_module_context_give");
    ret_context->fszmq_token = take && ret_context->fszmq_give ? take(&ret_context->zmq) : NULL;
    if (ret_context->fszmq_token == NULL) {
        dlclose(ret_context->fszmq_module);
        return -1;
    }
    return 0;
}

/* Close every socket opened on it before. */
static inline void fszmq_context_give(struct fszmq_context *context)
{
    context->fszmq_give(context->fszmq_token);
    dlclose(context->fszmq_module);
    memset(context, 0, sizeof(*context));
}

#endif
