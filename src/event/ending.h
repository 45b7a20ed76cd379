/* SPDX-License-Identifier: MPL-2.0 */
/* ending.h - why an application ended early, according to the channel's headers in its events.
 *
 * Any thread; the texts are static. docs/protocol/requests.md, "call.execute". */
#ifndef FSZ_ENDING_H
#define FSZ_ENDING_H

#include "event/event.h"

#define FSZ_ENDING_HANGUP "hangup"           /* the call has hung up */
#define FSZ_ENDING_REPLACED "replaced"       /* this leg has; another leg continues the call */
#define FSZ_ENDING_TRANSFERRED "transferred" /* the call continues elsewhere in the switch */
#define FSZ_ENDING_BRIDGED "bridged"         /* the call was joined with another call */
#define FSZ_ENDING_LOST "lost"               /* the worker lost control of the call */
#define FSZ_ENDING_STOPPED "stopped"         /* call.break */

/* Header in the PRIVATE_COMMAND of a command that the switch dropped. */
#define FSZ_ENDING_DROPPED "Command-Dropped"

/* For CHANNEL_EXECUTE_COMPLETE and PRIVATE_COMMAND. NULL: the call is where it was. */
const char *fsz_ending(const struct fsz_event *event);
/* For the last events of a call: hangup or replaced. */
const char *fsz_ending_hungup(const struct fsz_event *event);
/* The id of the call that replaces this leg, or NULL. Lives as long as the event. */
const char *fsz_ending_replacement(const struct fsz_event *event);

#endif
