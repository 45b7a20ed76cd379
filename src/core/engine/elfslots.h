/* elfslots.h - where a loaded object keeps the address of a function that it calls.
 *
 * The dynamic loader fills these words as the object's relocations say (System V gABI, chapter 5;
 * dl_iterate_phdr(3)); whoever writes them decides which function the object calls. 64-bit objects
 * whose relocations have addends: x86-64, AArch64 and most others. Any thread; the object must stay
 * loaded from find to the last set. */
#ifndef FSZ_ELFSLOTS_H
#define FSZ_ELFSLOTS_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

enum { FSZ_ELF_SLOTS_MAX = 4 }; /* one is usual: a compiler's ways to call are few */

struct fsz_elf_slots {
    size_t             count;
    _Atomic uintptr_t *slots[FSZ_ELF_SLOTS_MAX];
    uintptr_t relro_begin, relro_end; /* pages that are read-only since they were relocated */
};

/* In the object that has the code at that address; none there: count is 0. */
void fsz_elf_slots_find(struct fsz_elf_slots *slots, uintptr_t code, const char *function);
/* FSZ_ESYSTEM: a page of theirs cannot be made writable; nothing has changed. */
fsz_err fsz_elf_slots_set(const struct fsz_elf_slots *slots, uintptr_t function);

#endif
