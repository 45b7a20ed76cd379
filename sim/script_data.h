/* SPDX-License-Identifier: MPL-2.0 */
/* script_data.h - the bytes of a flows file: a given one, or the built-in one. */
#ifndef FSZ_SCRIPT_DATA_H
#define FSZ_SCRIPT_DATA_H

#include "base/err.h"

#include <stddef.h>

enum { FSZ_SCRIPT_BYTES_MAX = 64 << 20 };

struct fsz_script_data {
    const char *text;
    size_t      size;
    void       *mapped; /* NULL: built in */
};

/* NULL: the built-in flows. FSZ_ESYSTEM with errno (EFBIG: over FSZ_SCRIPT_BYTES_MAX). */
FSZ_NODISCARD fsz_err fsz_script_data_open(const char *path, struct fsz_script_data *ret_data);
void                  fsz_script_data_close(struct fsz_script_data *data);

#endif
