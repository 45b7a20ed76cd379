# SPDX-License-Identifier: MPL-2.0
"""AddressSanitizer and LeakSanitizer for the module, inside a FreeSWITCH that is built without them."""

import pathlib
import re
import subprocess

# Modules stay mapped, so that leaks from before an unload have symbols. The check for leaks runs at the unload for
# which the test leaves a file. The process exits at the end of main(), because with everything still mapped a
# destructor of libp11-kit waits for ever for a lock of libc.
SHIM = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>
int __lsan_do_recoverable_leak_check(void);
__attribute__((noinline)) static void lose_on_purpose(void)
{
    for (int i = 0; i < 100; i++) {
        *(volatile char *)malloc(10) = 1;
    }
}
static void quit(int status, void *argument)
{
    (void)argument;
    _exit(status);
}
int dlclose(void *handle)
{
    static int is_set;
    (void)handle;
    if (is_set++ == 0) {
        on_exit(quit, NULL);
    }
    if (unlink(getenv("FSZ_LOOK_FOR_LEAKS")) == 0) {
        lose_on_purpose();
        __lsan_do_recoverable_leak_check();
    }
    return 0;
}
"""
OURS = re.compile(r"mod_event_zmq\.so|\bfsz_")


def runtime():
    """The path of gcc's libasan, or None."""
    answer = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    return pathlib.Path(answer).resolve() if "/" in answer and pathlib.Path(answer).is_file() else None


def environment(folder):
    """The environment of the switch; None if gcc has no libasan. A file `look` in the folder makes the next unload
    check for leaks, and is removed by it."""
    if runtime() is None:
        return None
    shim = folder / "shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", shim], input=SHIM, text=True, check=True)
    return {
        "LD_PRELOAD": f"{runtime()} {shim}",
        "FSZ_LOOK_FOR_LEAKS": str(folder / "look"),
        "ASAN_OPTIONS": "detect_leaks=1:leak_check_at_exit=0:halt_on_error=1:abort_on_error=1:detect_odr_violation=0",
        "LSAN_OPTIONS": "exitcode=0:report_objects=0:print_suppressions=0",
    }


def reports(output):
    """The reports of LeakSanitizer and AddressSanitizer, one text each."""
    return [text for text in re.split(r"\n\s*\n", output) if "leak of" in text or "ERROR: AddressSanitizer" in text]
