/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    WRAP_COLUMNS = 80,
    WRAP_COLUMNS_MIN = 20,
    WRAP_COLUMNS_MAX = 10000,
    WRAP_CELL_MIN = 32, /* a cell narrower than this goes below the one before */
    WRAP_BELOW = 8,
    WRAP_HANGING = 4,
};

int fsz_wrap_columns(FILE *out)
{
    const char    *given = getenv("COLUMNS");
    long           columns = given == NULL ? 0 : strtol(given, NULL, 10);
    struct winsize size = {0};
    if (columns <= 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0) {
        columns = size.ws_col;
    }
    return columns >= WRAP_COLUMNS_MIN && columns <= WRAP_COLUMNS_MAX ? (int)columns : WRAP_COLUMNS;
}

/* Counts characters, each taken to be one column wide. */
static int wrap_width(const char *text, size_t size)
{
    int width = 0;
    for (size_t i = 0; i < size; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return width;
}

/* Writes the words of the first `size` bytes. */
static void wrap_words(FILE *out, int columns, int at, int indent, const char *text, size_t size)
{
    const char *end = text + size;
    int         start = at; /* column of the line's first word */
    for (text += strspn(text, " \n"); text < end; text += strspn(text, " \n")) {
        size_t length = strcspn(text, " \n");
        int    width = wrap_width(text, length);
        if (at > start && at + 1 + width > columns) {
            fprintf(out, "\n%*s", indent, "");
            start = at = indent;
        }
        fprintf(out, "%s%.*s", at > start ? " " : "", (int)length, text);
        at += (at > start) + width;
        text += length;
    }
    fputc('\n', out);
}

void fsz_wrap_put(FILE *out, int columns, int at, int indent, const char *text)
{
    wrap_words(out, columns, at, indent, text, strlen(text));
}

void fsz_wrap_put_lines(FILE *out, int columns, int at, const char *text)
{
    while (*text != '\0') {
        int blanks = (int)strspn(text, " ");
        text += blanks;
        size_t length = strcspn(text, "\n");
        fprintf(out, "%*s", blanks, "");
        wrap_words(out, columns, at + blanks, at + blanks + WRAP_HANGING, text, length);
        text += length + (text[length] == '\n');
        at = 0;
    }
}

void fsz_wrap_put_row(FILE *out, int columns, int indent, const char *name, const char *text)
{
    int width = 2 + wrap_width(name, strlen(name));
    fprintf(out, "  %s", name);
    if (columns - indent < WRAP_CELL_MIN || width >= indent) {
        indent = columns - indent < WRAP_CELL_MIN ? WRAP_BELOW : indent;
        fprintf(out, "\n%*s", indent, "");
    } else {
        fprintf(out, "%*s", indent - width, "");
    }
    fsz_wrap_put(out, columns, indent, indent, text);
}
