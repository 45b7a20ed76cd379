/* SPDX-License-Identifier: MPL-2.0 */
#include "config/section.h"

#include <strings.h>

const char *fsz_section_name(size_t index)
{
    static const char *const names[] = {"configuration", "directory", "dialplan", "languages",
                                        "chatplan"};
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

uint32_t fsz_section_find(const char *name)
{
    for (size_t i = 0; fsz_section_name(i) != NULL; i++) {
        if (strcasecmp(fsz_section_name(i), name) == 0) {
            return UINT32_C(1) << i;
        }
    }
    return 0;
}
