/* SPDX-License-Identifier: MPL-2.0 */
#include "call/control_reason.h"

#include "event/ending.h"

const char *fsz_control_reason_word(enum fsz_control_reason reason)
{
    static const char *const words[FSZ_REASON_COUNT] = {
        [FSZ_REASON_HANGUP] = FSZ_ENDING_HANGUP,
        [FSZ_REASON_REPLACED] = FSZ_ENDING_REPLACED,
        [FSZ_REASON_RELEASED] = "released",
        [FSZ_REASON_HANDED_OVER] = "handed-over",
        [FSZ_REASON_LOST] = FSZ_ENDING_LOST,
        [FSZ_REASON_CLOSED] = "closed",
        [FSZ_REASON_BRIDGED] = FSZ_ENDING_BRIDGED,
        [FSZ_REASON_TRANSFERRED] = FSZ_ENDING_TRANSFERRED,
    };
    return words[reason];
}
