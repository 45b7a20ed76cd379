#include "elfslots.h"

#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct elf_search {
    struct fsz_elf_slots *found;
    uintptr_t             code;
    const char           *function;
};

/* What of an object's dynamic section is needed to read its relocations. */
struct elf_tables {
    uintptr_t base;
    ElfW(Sym) * symbols;
    char     *names;
    uintptr_t plt, data; /* Elf64_Rela[] */
    size_t    plt_bytes, data_bytes;
    bool      plt_has_addends;
};

static bool elf_has_code(const struct dl_phdr_info *object, uintptr_t code)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && code - object->dlpi_addr >= segment->p_vaddr &&
            code - object->dlpi_addr - segment->p_vaddr < segment->p_memsz) {
            return true;
        }
    }
    return false;
}

static const ElfW(Phdr) * elf_segment(const struct dl_phdr_info *object, ElfW(Word) type)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type == type) {
            return &object->dlpi_phdr[i];
        }
    }
    return NULL;
}

/* The GNU loader makes most of these addresses in place, others leave them as offsets. */
static uintptr_t elf_address(const struct elf_tables *tables, ElfW(Addr) value)
{
    return value < tables->base ? tables->base + value : value;
}

static void elf_read_entry(struct elf_tables *tables, const ElfW(Dyn) * entry)
{
    switch (entry->d_tag) {
    case DT_SYMTAB:
        tables->symbols = (void *)elf_address(tables, entry->d_un.d_ptr);
        break;
    case DT_STRTAB:
        tables->names = (void *)elf_address(tables, entry->d_un.d_ptr);
        break;
    case DT_JMPREL:
        tables->plt = elf_address(tables, entry->d_un.d_ptr);
        break;
    case DT_PLTRELSZ:
        tables->plt_bytes = entry->d_un.d_val;
        break;
    case DT_PLTREL:
        tables->plt_has_addends = entry->d_un.d_val == DT_RELA;
        break;
    case DT_RELA:
        tables->data = elf_address(tables, entry->d_un.d_ptr);
        break;
    case DT_RELASZ:
        tables->data_bytes = entry->d_un.d_val;
        break;
    default:
        break;
    }
}

/* The words that are relocated by this function's address and nothing else. */
static void elf_search_relocations(const struct elf_search *search, const struct elf_tables *tables,
                                   uintptr_t relocations, size_t bytes)
{
    struct fsz_elf_slots *found = search->found;
    const Elf64_Rela     *each = (const void *)relocations;
    for (size_t i = 0; i < bytes / sizeof(*each) && found->count < FSZ_ELF_SLOTS_MAX; i++) {
        uint32_t symbol = ELF64_R_SYM(each[i].r_info);
        if (symbol != 0 && each[i].r_addend == 0 &&
            strcmp(tables->names + tables->symbols[symbol].st_name, search->function) == 0) {
            found->slots[found->count++] = (void *)(tables->base + each[i].r_offset);
        }
    }
}

static void elf_note_relro(struct fsz_elf_slots *found, const struct dl_phdr_info *object)
{
    const ElfW(Phdr) *relro = elf_segment(object, PT_GNU_RELRO);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (relro != NULL) {
        found->relro_begin = (object->dlpi_addr + relro->p_vaddr) & ~(page - 1);
        found->relro_end = (object->dlpi_addr + relro->p_vaddr + relro->p_memsz) & ~(page - 1);
    }
}

static int elf_search_object(struct dl_phdr_info *object, size_t size, void *argument)
{
    const struct elf_search *search = argument;
    (void)size;
    if (!elf_has_code(object, search->code)) {
        return 0;
    }
    const ElfW(Phdr) *dynamic = elf_segment(object, PT_DYNAMIC);
    struct elf_tables tables = {.base = object->dlpi_addr};
    const ElfW(Dyn) *entry = dynamic ? (const void *)(object->dlpi_addr + dynamic->p_vaddr) : NULL;
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        elf_read_entry(&tables, entry);
    }
    if (tables.symbols == NULL || tables.names == NULL || sizeof(void *) != 8) {
        return 1;
    }
    elf_search_relocations(search, &tables, tables.data, tables.data_bytes);
    if (tables.plt_has_addends) {
        elf_search_relocations(search, &tables, tables.plt, tables.plt_bytes);
    }
    elf_note_relro(search->found, object);
    return 1;
}

void fsz_elf_slots_find(struct fsz_elf_slots *slots, uintptr_t code, const char *function)
{
    struct elf_search search = {.found = slots, .code = code, .function = function};
    memset(slots, 0, sizeof(*slots));
    dl_iterate_phdr(elf_search_object, &search);
}

static bool elf_is_read_only(const struct fsz_elf_slots *slots, uintptr_t slot)
{
    return slot >= slots->relro_begin && slot < slots->relro_end;
}

static fsz_err elf_protect(const struct fsz_elf_slots *slots, int protection)
{
    size_t bytes = slots->relro_end - slots->relro_begin;
    bool   needed = false;
    for (size_t i = 0; i < slots->count; i++) {
        needed |= elf_is_read_only(slots, (uintptr_t)slots->slots[i]);
    }
    return !needed || mprotect((void *)slots->relro_begin, bytes, protection) == 0 ? FSZ_OK
                                                                                   : FSZ_ESYSTEM;
}

fsz_err fsz_elf_slots_set(const struct fsz_elf_slots *slots, uintptr_t function)
{
    fsz_err err = elf_protect(slots, PROT_READ | PROT_WRITE);
    if (err != FSZ_OK) {
        return err;
    }
    for (size_t i = 0; i < slots->count; i++) {
        atomic_store(slots->slots[i], function);
    }
    elf_protect(slots, PROT_READ);
    return FSZ_OK;
}
