/* section.h - the sections of the switch's XML that a binding may have, by name. Any thread. */
#ifndef FSZ_SECTION_H
#define FSZ_SECTION_H

#include <stddef.h>
#include <stdint.h>

/* In the order of the bits of enum fsz_section (config.h). NULL: no more. */
const char *fsz_section_name(size_t index);
/* Its bit; letter case is ignored. 0: no section that can be bound. */
uint32_t fsz_section_find(const char *name);

#endif
