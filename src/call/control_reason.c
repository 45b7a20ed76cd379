/* SPDX-License-Identifier: MPL-2.0 */
#include "call/control_reason.h"

const char *fsz_control_reason_word(enum fsz_control_reason reason)
{
    static const char *const words[FSZ_REASON_COUNT] = {
        [FSZ_REASON_HANGUP] = "hangup",     [FSZ_REASON_REPLACED] = "replaced",
        [FSZ_REASON_RELEASED] = "released", [FSZ_REASON_HANDED_OVER] = "handed-over",
        [FSZ_REASON_LOST] = "lost",         [FSZ_REASON_CLOSED] = "closed",
        [FSZ_REASON_BRIDGED] = "bridged",   [FSZ_REASON_TRANSFERRED] = "transferred",
    };
    return words[reason];
}
