/* SPDX-License-Identifier: MPL-2.0 */
/* search.h - passes the switch's XML lookups to the engine.
 *
 * One binding with the switch for all five sections; the configuration's <bindings> decide which
 * lookups go to a service. */
#ifndef FSZ_MODULE_SEARCH_H
#define FSZ_MODULE_SEARCH_H

#include "engine/engine.h"

/* The engine must live until fsz_search_unbind(). FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_search_bind(struct fsz_engine *engine);
/* Waits for running lookups, which hold a lock of the switch; fsz_engine_close_lookups() must have
 * ended them. No effect if not bound. */
void fsz_search_unbind(void);

#endif
