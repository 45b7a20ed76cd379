/* SPDX-License-Identifier: MPL-2.0 */
/* wrap.h - wraps text into lines that fit the terminal. One thread. */
#ifndef FSZ_WRAP_H
#define FSZ_WRAP_H

#include <stdio.h>

/* The width for output to `out`: COLUMNS from the environment, or the terminal's width, or 80. */
int fsz_wrap_columns(FILE *out);
/* Writes the words of `text` and a line feed, with any white space as separator. The cursor is in
 * column `at` (from 0); further lines begin in column `indent`. A word that is too long for a line
 * gets its own line. */
void fsz_wrap_put(FILE *out, int columns, int at, int indent, const char *text);
/* The same for each line of `text`. Keeps leading spaces; wrapped lines get four more. */
void fsz_wrap_put_lines(FILE *out, int columns, int at, const char *text);
/* Writes a row of two cells: `name` in column 2, and `text` in column `indent`, or on the next line
 * if the terminal is too narrow. */
void fsz_wrap_put_row(FILE *out, int columns, int indent, const char *name, const char *text);

#endif
