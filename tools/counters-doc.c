/* SPDX-License-Identifier: MPL-2.0 */
/* counters-doc - generates the tables of counters in docs/operations.md from the table of counters.
 *
 *   counters-doc FILE    prints FILE, with the text between each pair of markers regenerated:
 *                        <!-- counters SCOPE: begin, made by counters-doc --> and
 *                        <!-- counters: end --> */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct doc_row {
    const char *scope, *names, *unit, *meaning;
};

/* Members first, in the order of the table, whatever the scope. */
static const struct doc_row doc_rows[] = {
#define DOC_COUNTER(scope, member, unit, meaning) {scope, "`" #member "`", unit, meaning},
#define DOC_MEMBERS(scope, names, unit, meaning) {scope, names, unit, meaning},
#define FSZ_COUNTERS_ACCESS(member, unit, meaning) DOC_COUNTER("ACCESS", member, unit, meaning)
#define FSZ_COUNTERS_AUDIT(member, unit, meaning) DOC_COUNTER("AUDIT", member, unit, meaning)
#define FSZ_COUNTERS_BINDING(member, unit, meaning) DOC_COUNTER("BINDING", member, unit, meaning)
#define FSZ_COUNTERS_CACHE(member, unit, meaning) DOC_COUNTER("CACHE", member, unit, meaning)
#define FSZ_COUNTERS_CALLS(member, unit, meaning) DOC_COUNTER("CALLS", member, unit, meaning)
#define FSZ_COUNTERS_CLIENT_EVENTS(member, unit, meaning)                                          \
    DOC_COUNTER("CLIENT_EVENTS", member, unit, meaning)
#define FSZ_COUNTERS_JOBS(member, unit, meaning) DOC_COUNTER("JOBS", member, unit, meaning)
#define FSZ_COUNTERS_PROVIDER(member, unit, meaning) DOC_COUNTER("PROVIDER", member, unit, meaning)
#define FSZ_COUNTERS_QUEUE(member, unit, meaning) DOC_COUNTER("QUEUE", member, unit, meaning)
#define FSZ_COUNTERS_SERVICE(member, unit, meaning) DOC_COUNTER("SERVICE", member, unit, meaning)
#define FSZ_COUNTERS_SOCKET(member, unit, meaning) DOC_COUNTER("SOCKET", member, unit, meaning)
#define FSZ_COUNTERS_STREAM(member, unit, meaning) DOC_COUNTER("STREAM", member, unit, meaning)
#define FSZ_COUNTERS_WORKERS(member, unit, meaning) DOC_COUNTER("WORKERS", member, unit, meaning)
#define FSZ_MEMBERS_ACCESS(names, unit, meaning) DOC_MEMBERS("ACCESS", names, unit, meaning)
#define FSZ_MEMBERS_BINDING(names, unit, meaning) DOC_MEMBERS("BINDING", names, unit, meaning)
#define FSZ_MEMBERS_CACHE(names, unit, meaning) DOC_MEMBERS("CACHE", names, unit, meaning)
#define FSZ_MEMBERS_CALLS(names, unit, meaning) DOC_MEMBERS("CALLS", names, unit, meaning)
#define FSZ_MEMBERS_PROVIDER(names, unit, meaning) DOC_MEMBERS("PROVIDER", names, unit, meaning)
#define FSZ_MEMBERS_QUEUE(names, unit, meaning) DOC_MEMBERS("QUEUE", names, unit, meaning)
#define FSZ_MEMBERS_SERVICE(names, unit, meaning) DOC_MEMBERS("SERVICE", names, unit, meaning)
#define FSZ_MEMBERS_SOCKET(names, unit, meaning) DOC_MEMBERS("SOCKET", names, unit, meaning)
#define FSZ_MEMBERS_STREAM(names, unit, meaning) DOC_MEMBERS("STREAM", names, unit, meaning)
#include "counters/counters.def"
};

enum { DOC_ROWS = sizeof(doc_rows) / sizeof(doc_rows[0]), DOC_SCOPE_BYTES = 32 };

static const char doc_end[] = "<!-- counters: end -->\n";

/* Returns the number of rows. */
static int doc_table(const char *scope)
{
    int count = 0;
    printf("| member | unit | meaning |\n|---|---|---|\n");
    for (int i = 0; i < DOC_ROWS; i++) {
        const struct doc_row *row = &doc_rows[i];
        if (strcmp(row->scope, scope) == 0) {
            printf("| %s | %s | %s |\n", row->names, row->unit, row->meaning);
            count++;
        }
    }
    return count;
}

/* NULL, or what is wrong. */
static const char *doc_page(FILE *file)
{
    char line[4096], scope[DOC_SCOPE_BYTES];
    bool inside = false;
    int  tables = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strcmp(line, doc_end) == 0) {
            inside = false;
        }
        if (!inside) {
            printf("%s", line);
        }
        if (sscanf(line, "<!-- counters %31[A-Z_]: begin", scope) == 1) {
            inside = true;
            tables++;
            if (doc_table(scope) == 0) {
                return "a marker names a scope that counters.def does not have";
            }
        }
    }
    return inside ? "a marker has no end" : tables == 0 ? "there is no marker" : NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: counters-doc FILE\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "r");
    if (file == NULL) {
        perror(argv[1]);
        return 2;
    }
    const char *fault = doc_page(file);
    (void)fclose(file);
    if (fault != NULL) {
        fprintf(stderr, "counters-doc: %s: %s\n", argv[1], fault);
    }
    return fault != NULL;
}
