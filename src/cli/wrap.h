/* wrap.h - text in lines that fit the terminal. One thread. */
#ifndef FSZ_WRAP_H
#define FSZ_WRAP_H

#include <stdio.h>

/* Columns for what goes to `out`: the environment's COLUMNS, or the terminal's width, or 80. */
int fsz_wrap_columns(FILE *out);
/* Writes the words of `text`, whatever white space is between them, and a line feed. The cursor is
 * in column `at` (from 0); further lines begin in column `indent`. A word that is too long for a
 * line stands on one of its own. */
void fsz_wrap_put(FILE *out, int columns, int at, int indent, const char *text);
/* The same line by line: each keeps its leading blanks, and its further lines have four more. */
void fsz_wrap_put_lines(FILE *out, int columns, int at, const char *text);
/* A row of two cells: `name` in column 2, `text` from column `indent` on, or below where the line
 * would be too narrow for that. */
void fsz_wrap_put_row(FILE *out, int columns, int indent, const char *name, const char *text);

#endif
