/* search.h - the switch looks for XML, and the engine is asked.
 *
 * One binding with the switch, for all five sections by name; which of its lookups go to a service
 * is the configuration's <bindings>. */
#ifndef FSZ_MODULE_SEARCH_H
#define FSZ_MODULE_SEARCH_H

#include "engine/engine.h"

/* The engine must live until fsz_search_unbind(). FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_search_bind(struct fsz_engine *engine);
/* Waits for lookups in flight, which hold a lock of the switch: they must have been ended by
 * fsz_engine_close_lookups(). Does nothing where nothing is bound. */
void fsz_search_unbind(void);

#endif
