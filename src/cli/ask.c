/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/ask.h"

#include "cli/cli.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void ask_put(const char *text, size_t length)
{
    if (isatty(STDOUT_FILENO)) {
        fsz_text_put(stdout, text, length);
    } else {
        fwrite(text, 1, length, stdout);
    }
}

void fsz_ask_print(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        ask_put(text, length);
        putchar('\n');
        text += length + (text[length] == '\n');
    }
}

void fsz_ask_print_pair(const char *name, const char *value)
{
    ask_put(name, strlen(name));
    putchar(' ');
    ask_put(value, strlen(value));
    putchar('\n');
}

void fsz_ask_print_json(const json_t *value)
{
    bool  terminal = isatty(STDOUT_FILENO);
    char *text = json_dumps(
        value, JSON_ENCODE_ANY | (terminal ? JSON_INDENT(2) | JSON_ENSURE_ASCII : JSON_COMPACT));
    puts(text ? text : "null");
    free(text);
}

char *fsz_ask_join(char **words, int count)
{
    size_t size = 1;
    for (int i = 0; i < count; i++) {
        size += strlen(words[i]) + 1;
    }
    char *joined = malloc(size);
    char *end = joined;
    for (int i = 0; i < count && joined != NULL; i++) {
        end = stpcpy(end, i > 0 ? " " : "");
        end = stpcpy(end, words[i]);
    }
    if (count == 0 && joined != NULL) {
        *joined = '\0';
    }
    return joined;
}

json_t *fsz_ask_command(const char *line)
{
    size_t      length = strcspn(line, " ");
    const char *arg = line + length + strspn(line + length, " ");
    return json_pack("{ss% ss*}", "command", line, length, "arg", arg[0] == '\0' ? NULL : arg);
}

json_t *fsz_ask_command_words(char **words, int count)
{
    char   *line = fsz_ask_join(words, count);
    json_t *params = line == NULL ? NULL : fsz_ask_command(line + strspn(line, " "));
    free(line);
    return params;
}

json_t *fsz_ask_pairs(char **words, int count, const char **ret_bad)
{
    json_t *pairs = json_object();
    for (int i = 0; i < count && pairs != NULL; i++) {
        char *equals = strchr(words[i], '=');
        bool  good = equals != NULL && equals != words[i];
        if (good) {
            *equals = '\0';
        } else {
            *ret_bad = words[i];
        }
        if (!good || json_object_set_new(pairs, words[i], json_string(equals + 1)) != 0) {
            json_decref(pairs);
            pairs = NULL;
        }
    }
    return pairs;
}

bool fsz_ask_is_text(const struct fsz_usage *usage, char **words, int count)
{
    for (int i = 0; i < count; i++) {
        json_t *text = json_string(words[i]);
        if (text == NULL) {
            fsz_usage_error(usage, "word %d is not UTF-8", i + 1);
            return false;
        }
        json_decref(text);
    }
    return true;
}

void fsz_ask_set_timeout(json_t *params, double timeout_s)
{
    json_int_t timeout_ms = (json_int_t)(timeout_s * 1000);
    json_object_set_new(params, "timeout_ms", json_integer(timeout_ms > 0 ? timeout_ms : 1));
}

int fsz_ask_show_output(const json_t *result, bool as_json)
{
    const char *status = json_string_value(json_object_get(result, "status"));
    const char *output = json_string_value(json_object_get(result, "output"));
    bool        done = status != NULL && (strcmp(status, "ok") == 0 || strcmp(status, "raw") == 0);
    if (as_json) {
        fsz_ask_print_json(result);
    } else {
        fsz_ask_print(output ? output : "");
    }
    return done ? FSZ_EXIT_OK : FSZ_EXIT_FAILED;
}

int fsz_ask_once(const char *program, const struct fsz_client_options *options, const char *method,
                 json_t *params, void (*print)(const json_t *result))
{
    struct fsz_client client;
    json_t           *result = NULL;
    int               exit_code = fsz_client_open(&client, program, options);
    if (exit_code == FSZ_EXIT_OK) {
        exit_code = fsz_client_call(&client, method, params, &result);
    } else {
        json_decref(params);
    }
    if (exit_code == FSZ_EXIT_OK && print != NULL) {
        print(result);
    }
    json_decref(result);
    fsz_client_close(&client);
    return exit_code;
}
