/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int output_error; /* errno of the first failed write; 0: none, or unknown */

bool fsz_output_flush(void)
{
    bool flushed = fflush(stdout) == 0;
    if (!flushed && output_error == 0) {
        output_error = errno;
    }
    return flushed && !ferror(stdout);
}

int fsz_output_close(int exit_code)
{
    bool failed = !fsz_output_flush();
    errno = 0;
    failed |= fclose(stdout) != 0;
    output_error = output_error == 0 ? errno : output_error;
    if (failed && output_error != EPIPE) {
        fprintf(stderr, "fszmq: standard output: %s\n",
                output_error == 0 ? "some output could not be written" : strerror(output_error));
    }
    return failed && exit_code == FSZ_EXIT_OK ? FSZ_EXIT_FAILED : exit_code;
}
