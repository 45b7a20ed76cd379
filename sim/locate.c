/* SPDX-License-Identifier: MPL-2.0 */
/* locate.c - xml_locate: the result of an XML lookup, from outside or from the built-in documents.
 */
#include "sim/command.h"
#include "sim/xml_files.h"

#include <string.h>

enum { LOCATE_PARAMS = 32 };

/* The headers of the lookup, then those given on the command line. */
static void locate_headers(const struct fsz_words *words, char *more,
                           struct fsz_header headers[LOCATE_PARAMS + 1])
{
    static const char *const names[] = {"section", "tag", "tag_attr_name", "tag_attr_val"};
    size_t                   count = 0;
    char                    *pair = NULL;
    for (size_t i = 0; i < 4 && words->word[i] != NULL; i++) {
        headers[count++] = (struct fsz_header){.name = names[i], .value = words->word[i]};
    }
    while (count < LOCATE_PARAMS && (pair = strsep(&more, " ")) != NULL) {
        char *equals = strchr(pair, '=');
        if (equals != NULL && equals > pair) {
            *equals = '\0';
            headers[count++] = (struct fsz_header){.name = pair, .value = equals + 1};
        }
    }
    headers[count] = (struct fsz_header){0};
}

static fsz_err locate_outside(const struct fsz_sim_options *options, const struct fsz_words *words,
                              struct fsz_buffer *output)
{
    char              more[FSZ_WORDS_BYTES] = "";
    struct fsz_header headers[LOCATE_PARAMS + 1];
    if (options->locate == NULL) {
        return FSZ_ENOTFOUND;
    }
    if (words->count > 4) {
        memcpy(more, words->word[4], strlen(words->word[4]) + 1);
    }
    locate_headers(words, more, headers);
    const struct fsz_lookup lookup = {.section = words->word[0],
                                      .tag = words->count > 1 ? words->word[1] : NULL,
                                      .key = words->count > 1 ? words->word[2] : NULL,
                                      .value = words->count > 1 ? words->word[3] : NULL,
                                      .params = headers,
                                      .read = fsz_headers_of_array};
    return options->locate(options->locate_self, &lookup, output);
}

void fsz_command_locate(const struct fsz_sim_options *options, const struct fsz_words *words,
                        struct fsz_buffer *output)
{
    if (words->count != 1 && words->count < 4) {
        fsz_buffer_text(output, "-ERR bad args\n");
        return;
    }
    if (locate_outside(options, words, output) == FSZ_OK) {
        return;
    }
    const char *own = fsz_document_find(words->word[0], words->count > 1 ? words->word[3] : NULL);
    fsz_buffer_text(output, own != NULL ? own : "can't find anything\n");
}
