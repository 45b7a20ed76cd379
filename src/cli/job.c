/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq job`: runs commands in the background and fetches their results. */
#include "base/uuid.h"
#include "cli/ask.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { JOB_ASK_S = 5 };

struct job_options {
    struct fsz_client_options client;
    bool                      json;
    const char               *job;
};

static const struct fsz_option job_options[] = {
    {"json", 'j', FSZ_OPTION_FLAG, offsetof(struct job_options, json), NULL,
     "print the whole result as JSON"},
    {"job", 0, FSZ_OPTION_TEXT, offsetof(struct job_options, job), "ID",
     "start, run: the id for the job"},
    FSZ_CLIENT_OPTIONS(struct job_options, client),
    {0},
};

static const struct fsz_usage job_usage = {
    .program = "fszmq job",
    .arguments =
        "[OPTION...] start|run COMMAND [ARGUMENT...]\n       fszmq job [OPTION...] result ID",
    .summary = "start prints the job's id. run waits until the job has ended, without a time\n"
               "limit, and prints its output. result prints the output of a job that has ended.",
    .options = job_options,
    .words = 2,
};

/* The state of a client that waits for a job. */
struct job_wait {
    const char *job;
    json_t     *done;
};

static void job_notice(void *self, const char *method, const json_t *params)
{
    struct job_wait *wait = self;
    const char      *job = json_string_value(json_object_get(params, "job"));
    if (strcmp(method, "job.done") == 0 && job != NULL && strcmp(job, wait->job) == 0 &&
        wait->done == NULL) {
        wait->done = json_deep_copy(params);
    }
}

static json_t *job_params(char **words, int count, const char *job)
{
    json_t *params = fsz_ask_command_words(words, count);
    if (job != NULL) {
        json_object_set_new(params, "job", json_string(job));
    }
    return params;
}

static void job_print_id(const json_t *result)
{
    const char *job = json_string_value(json_object_get(result, "job"));
    fsz_ask_print(job ? job : "");
}

/* Fetches the current result of a job. A result without output: the job is still running. */
static int job_ask(struct fsz_client *client, const char *job, json_t **ret_result)
{
    return fsz_client_ask(client, "job.result", json_pack("{ss}", "job", job), ret_result);
}

/* Waits for the end of the job. Its notification may be lost with a connection, so the switch is
 * also asked from time to time. */
static int job_wait(struct fsz_client *client, struct job_wait *wait)
{
    int exit_code = FSZ_EXIT_OK;
    while (exit_code == FSZ_EXIT_OK && wait->done == NULL) {
        json_t *result = NULL;
        exit_code = fsz_client_wait_notice(client, JOB_ASK_S);
        if (exit_code == FSZ_EXIT_OK && wait->done == NULL) {
            exit_code = job_ask(client, wait->job, &result);
        }
        if (json_object_get(result, "output") != NULL && wait->done == NULL) {
            wait->done = json_incref(result);
        }
        json_decref(result);
    }
    return exit_code;
}

/* We choose the job's id, because a job may end before the reply with its id is read. The id also
 * finds a job whose reply was lost. */
static int job_run(struct fsz_client *client, char **words, int count, const char *job,
                   bool as_json)
{
    struct job_wait wait = {.job = job};
    json_t         *started = NULL;
    client->notice = job_notice;
    client->notice_self = &wait;
    int exit_code = fsz_client_call(client, "bgapi", job_params(words, count, job), &started);
    client->connect.once = false;
    if (exit_code == FSZ_EXIT_OK || (client->unanswered && !fsz_signals_stopped())) {
        exit_code = job_wait(client, &wait);
    }
    if (exit_code == FSZ_EXIT_OK) {
        exit_code = fsz_ask_show_output(wait.done, as_json);
    }
    json_decref(wait.done);
    json_decref(started);
    return exit_code;
}

static int job_result(const struct job_options *options, const char *job)
{
    struct fsz_client client;
    json_t           *result = NULL;
    int               exit_code = fsz_client_open(&client, job_usage.program, &options->client);
    if (exit_code == FSZ_EXIT_OK) {
        exit_code = job_ask(&client, job, &result);
    }
    if (exit_code == FSZ_EXIT_OK && json_object_get(result, "output") == NULL) {
        fprintf(stderr, "%s: the job is still running\n", job_usage.program);
        exit_code = FSZ_EXIT_NO_ANSWER;
    } else if (exit_code == FSZ_EXIT_OK) {
        exit_code = fsz_ask_show_output(result, options->json);
    }
    json_decref(result);
    fsz_client_close(&client);
    return exit_code;
}

static int job_start(const struct job_options *options, char **words, int count, bool wait)
{
    char              id[FSZ_UUID_BYTES];
    struct fsz_client client;
    if (!wait) {
        return fsz_ask_once(job_usage.program, &options->client, "bgapi",
                            job_params(words, count, options->job), job_print_id);
    }
    fsz_uuid_new(id);
    int exit_code = fsz_client_open(&client, job_usage.program, &options->client);
    if (exit_code == FSZ_EXIT_OK) {
        exit_code = job_run(&client, words, count, options->job ? options->job : id, options->json);
    }
    fsz_client_close(&client);
    return exit_code;
}

int fsz_job_command(int argc, char **argv)
{
    struct job_options options = {0};
    int                exit_code = FSZ_EXIT_OK;
    int                first = fsz_options_read(&job_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    const char *verb = first < argc ? argv[first] : "";
    char      **words = argv + first + 1;
    int         count = argc - first - 1;
    if (!fsz_ask_is_text(&job_usage, words, count)) {
        return FSZ_EXIT_USAGE;
    }
    if (strcmp(verb, "result") == 0 && count == 1) {
        return job_result(&options, words[0]);
    }
    if ((strcmp(verb, "start") == 0 || strcmp(verb, "run") == 0) && count > 0) {
        return job_start(&options, words, count, strcmp(verb, "run") == 0);
    }
    return fsz_usage_error(&job_usage, "needs start or run and a command, or result and an id");
}
