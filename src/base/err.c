/* SPDX-License-Identifier: MPL-2.0 */
#include "base/err.h"

#include <stddef.h>

const char *fsz_err_text(fsz_err err)
{
    static const char *const texts[] = {
#define FSZ_ERROR_TEXT(code, text) [FSZ_##code] = (text),
        FSZ_ERRORS(FSZ_ERROR_TEXT)
#undef FSZ_ERROR_TEXT
    };
    size_t count = sizeof(texts) / sizeof(texts[0]);
    return (size_t)err < count ? texts[err] : "unknown error";
}
