/* event_names.h - the events that FreeSWITCH has. Static storage; any thread. */
#ifndef FSZ_EVENT_NAMES_H
#define FSZ_EVENT_NAMES_H

/* The name as the switch writes it (letter case ignored); NULL: it has no such event. */
const char *fsz_event_name(const char *name);

#endif
