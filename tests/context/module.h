/* SPDX-License-Identifier: MPL-2.0 */
/* module.h - a mod_event_zmq without a switch: the functions that the test finds with dlsym(3). */
#ifndef CONTEXT_MODULE_H
#define CONTEXT_MODULE_H

/* Returns 0 if a stream is bound to inproc://events. */
typedef int (*context_module_start_fn)(void);
/* Offers an event with one member N. Returns 0 if it was accepted. */
typedef int (*context_module_offer_fn)(const char *n);
/* Waits for other users of the context, like an unload. */
typedef void (*context_module_stop_fn)(void);

#endif
