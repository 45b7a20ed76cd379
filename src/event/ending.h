/* ending.h - how an application was cut short, as the channel's headers in its events tell.
 *
 * Any thread; the texts are static. docs/protocol/requests.md, "call.execute". */
#ifndef FSZ_ENDING_H
#define FSZ_ENDING_H

#include "event/event.h"

#define FSZ_ENDING_HANGUP "hangup"           /* the call has hung up */
#define FSZ_ENDING_REPLACED "replaced"       /* the leg has; the talk goes on without it */
#define FSZ_ENDING_TRANSFERRED "transferred" /* the call goes elsewhere in the switch */
#define FSZ_ENDING_BRIDGED "bridged"         /* it was joined with another call */
#define FSZ_ENDING_LOST "lost"               /* it was taken from its worker */
#define FSZ_ENDING_STOPPED "stopped"         /* call.break */

/* A command that the switch dropped has this header in its PRIVATE_COMMAND. */
#define FSZ_ENDING_DROPPED "Command-Dropped"

/* Of CHANNEL_EXECUTE_COMPLETE and PRIVATE_COMMAND. NULL: the call is where it was. */
const char *fsz_ending(const struct fsz_event *event);
/* Of the last events of a call: hangup or replaced. */
const char *fsz_ending_hungup(const struct fsz_event *event);
/* The call that goes on in place of a replaced leg, or NULL. Lives as long as the event. */
const char *fsz_ending_replacement(const struct fsz_event *event);

#endif
