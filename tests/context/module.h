/* module.h - a mod_event_zmq without a switch: what the test calls of it, found with dlsym(3). */
#ifndef CONTEXT_MODULE_H
#define CONTEXT_MODULE_H

/* 0 when a stream is bound to inproc://events. */
typedef int (*context_module_start_fn)(void);
/* An event with one member N; 0 when it was taken. */
typedef int (*context_module_offer_fn)(const char *n);
/* Waits for other users of the context, as an unload does. */
typedef void (*context_module_stop_fn)(void);

#endif
