/* SPDX-License-Identifier: MPL-2.0 */
/* failing_malloc.h - allocations of the core's own objects, one of which fails (ld's --wrap; the
 * test is named in tests/CMakeLists.txt). */
#ifndef FAILING_MALLOC_H
#define FAILING_MALLOC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static _Atomic long allocation_countdown; /* 0: none fails */
static _Atomic bool allocation_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool allocation_fails(void)
{
    if (atomic_load(&allocation_countdown) <= 0 ||
        atomic_fetch_sub(&allocation_countdown, 1) != 1) {
        return false;
    }
    allocation_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return allocation_fails() ? NULL : __real_strdup(text);
}

#endif
