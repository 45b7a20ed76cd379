/* SPDX-License-Identifier: MPL-2.0 */
/* section.h - names of the sections of the switch's XML that a binding may have. Any thread. */
#ifndef FSZ_SECTION_H
#define FSZ_SECTION_H

#include <stddef.h>
#include <stdint.h>

/* In the order of the bits of enum fsz_section (config.h). NULL: no more. */
const char *fsz_section_name(size_t index);
/* The section's bit; letter case is ignored. 0: there is no such section for bindings. */
uint32_t fsz_section_find(const char *name);

#endif
