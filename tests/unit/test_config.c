/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config_keys.h"
#include "config/grants.h"
#include "event/fields.h"
#include "event/selection.h"
#include "load_config.h"

#include <inttypes.h>

static void test_config_empty_is_the_default_streams_for_loopback(void **state)
{
    (void)state;
    struct fsz_config *config = NULL;
    assert_int_equal(fsz_config_default(&config), FSZ_OK);
    assert_int_equal(config->stream_count, 2);
    const struct fsz_stream_config *stream = &config->streams[0];
    assert_string_equal(stream->name, "default");
    assert_int_equal(stream->socket.endpoint_count, 1);
    assert_string_equal(stream->socket.endpoints[0].address, "tcp://*:5556");
    assert_false(stream->socket.endpoints[0].connect);
    assert_int_equal(stream->socket.acl_count, 1);
    assert_string_equal(stream->socket.acls[0], "loopback.auto");
    assert_int_equal(stream->framing, FSZ_FRAMING_JSON);
    assert_true(fsz_selection_matches(stream->selection, "CUSTOM", "any::thing"));
    assert_null(stream->filter);
    assert_null(stream->fields);
    assert_int_equal(stream->topic_count, 3);
    assert_string_equal(stream->topic[2], "Unique-ID");
    stream = &config->streams[1];
    assert_string_equal(stream->name, "live");
    assert_string_equal(stream->socket.endpoints[0].address, "tcp://*:5558");
    assert_string_equal(stream->socket.acls[0], "loopback.auto");
    assert_int_equal(stream->framing, FSZ_FRAMING_ENVELOPE);
    fsz_config_free(&config);
    assert_null(config);
    fsz_config_free(&config);
}

static void test_config_defaults_are_those_of_the_table(void **state)
{
    (void)state;
    struct fsz_config *config = load("");
    assert_int_equal(config->queue_events, 100000);
    assert_int_equal(config->queue_bytes, 268435456);
    assert_int_equal(config->event_types_max, 4096);
    assert_int_equal(config->batch_us, 2000);
    assert_true(fsz_selection_matches(config->low_priority, "CODEC", NULL));
    assert_false(fsz_selection_matches(config->low_priority, "CHANNEL_ANSWER", NULL));
    assert_true(fsz_selection_matches(config->high_priority, "CHANNEL_HANGUP_COMPLETE", NULL));
    assert_true(fsz_selection_matches(config->high_priority, "CUSTOM", "conference::cdr"));
    assert_false(fsz_selection_matches(config->high_priority, "CUSTOM", "sofia::register"));
    const struct fsz_stream_config *stream = &config->streams[0];
    assert_int_equal(stream->max_message_bytes, 1048576);
    assert_int_equal(stream->socket.ipc_mode, 0660);
    assert_int_equal(stream->socket.heartbeat_ms, 0);
    assert_int_equal(stream->multicast_rate_kbit, 100000);
    assert_true(stream->socket.ipv6);
    assert_true(stream->socket.tcp_keepalive);
    fsz_config_free(&config);
}

static void assert_api_sockets_equal(const struct fsz_config *a, const struct fsz_config *b)
{
    assert_int_equal(a->api_socket_count, 1);
    assert_int_equal(b->api_socket_count, 1);
    assert_string_equal(a->api_sockets[0].name, b->api_sockets[0].name);
    assert_int_equal(a->api_sockets[0].socket.endpoint_count, 1);
    assert_string_equal(a->api_sockets[0].socket.endpoints[0].address,
                        b->api_sockets[0].socket.endpoints[0].address);
    assert_int_equal(a->api_sockets[0].socket.acl_count, 1);
    assert_string_equal(a->api_sockets[0].socket.acls[0], b->api_sockets[0].socket.acls[0]);
}

static void assert_groups_equal(const struct fsz_config *a, const struct fsz_config *b)
{
    assert_int_equal(a->group_count, 1);
    assert_int_equal(b->group_count, 1);
    assert_string_equal(a->groups[0].name, b->groups[0].name);
    for (enum fsz_right right = 0; right < FSZ_RIGHTS; right++) {
        size_t count = fsz_grants_count(a->groups[0].grants, right);
        assert_int_equal(count, fsz_grants_count(b->groups[0].grants, right));
        for (size_t i = 0; i < count; i++) {
            assert_string_equal(fsz_grants_pattern(a->groups[0].grants, right, i),
                                fsz_grants_pattern(b->groups[0].grants, right, i));
        }
    }
}

static void test_config_sample_is_the_default(void **state)
{
    (void)state;
    struct fsz_confnode *root = NULL;
    struct fsz_config   *config = NULL;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_xmlconf_read(FSZ_SAMPLE, &root, &problems), FSZ_OK);
    assert_int_equal(fsz_config_load(root, &config, &problems), FSZ_OK);
    assert_int_equal(config->stream_count, 2);
    assert_string_equal(config->streams[0].name, FSZ_DEFAULT_STREAM);
    assert_string_equal(config->streams[0].socket.endpoints[0].address, FSZ_DEFAULT_ENDPOINT);
    assert_int_equal(config->streams[0].framing, FSZ_FRAMING_JSON);
    assert_string_equal(config->streams[1].name, FSZ_DEFAULT_NUMBERED_STREAM);
    assert_string_equal(config->streams[1].socket.endpoints[0].address,
                        FSZ_DEFAULT_NUMBERED_ENDPOINT);
    assert_int_equal(config->streams[1].framing, FSZ_FRAMING_ENVELOPE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(config->streams[i].socket.endpoint_count, 1);
        assert_int_equal(config->streams[i].socket.acl_count, 1);
    }
    assert_string_equal(config->streams[0].socket.acls[0], "loopback.auto");
    struct fsz_config *by_default = load("");
    assert_api_sockets_equal(config, by_default);
    assert_groups_equal(config, by_default);
    fsz_config_free(&by_default);
    fsz_config_free(&config);
    fsz_confnode_free(&root);
}

/* A configuration with one key in an element where it is valid. */
static const char *with_key(const struct fsz_config_key *key, const char *value)
{
    static const char *const formats[] = {
        [FSZ_SCOPE_SETTINGS] = "<settings><param name=\"%s\" value=\"%s\"/></settings>",
        [FSZ_SCOPE_SOCKET] = STREAM("<param name=\"%s\" value=\"%s\"/>"),
        [FSZ_SCOPE_STREAM] = STREAM("<param name=\"%s\" value=\"%s\"/>"),
        [FSZ_SCOPE_API_SOCKET] = API_SOCKET("<param name=\"%s\" value=\"%s\"/>"),
        [FSZ_SCOPE_SERVICE] = SERVICE("<param name=\"%s\" value=\"%s\"/>"),
        [FSZ_SCOPE_BINDING] = BINDING("<param name=\"service\" value=\"d\"/>"
                                      "<param name=\"sections\" value=\"dialplan\"/>"
                                      "<param name=\"%s\" value=\"%s\"/>"),
    };
    static char inner[1024];
    snprintf(inner, sizeof inner, formats[key->scope], key->name, value);
    return inner;
}

static const char *with_number(const struct fsz_config_key *key, int64_t number)
{
    char value[32];
    snprintf(value, sizeof value, "%" PRId64, number);
    return with_key(key, value);
}

static void test_config_takes_each_default_written_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        if (fsz_config_keys[i].fallback != NULL) {
            accept_config(with_key(&fsz_config_keys[i], fsz_config_keys[i].fallback));
        }
    }
}

static void test_config_bounds_of_each_number_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        const struct fsz_config_key *key = &fsz_config_keys[i];
        if (key->type != FSZ_KEY_NUMBER && key->type != FSZ_KEY_SIZE) {
            continue;
        }
        accept_config(with_number(key, key->min));
        accept_config(with_number(key, key->max));
        assert_null(load(with_number(key, key->min - 1)));
        assert_null(load(with_number(key, key->max + 1)));
        assert_non_null(strstr(problems.lines[0], key->name));
    }
}

static void test_config_reads_values_into_their_members(void **state)
{
    (void)state;
    struct fsz_config *config =
        load("<settings><param name=\"queue-bytes\" value=\"2G\"/>"
             "<param name=\"io-threads\" value=\"3\"/>"
             "<param name=\"high-priority-events\" value=\"DTMF\"/></settings>" STREAM(
                 "<param name=\"connect\" value=\"tcp://collector.example:5600\"/>"
                 "<param name=\"apply-inbound-acl\" value=\"lan\"/>"
                 "<param name=\"apply-inbound-acl\" value=\"rfc1918.auto\"/>"
                 "<param name=\"framing\" value=\"envelope\"/>"
                 "<param name=\"events\" value=\"CHANNEL_* !CHANNEL_STATE\"/>"
                 "<param name=\"include-fields\" value=\"Unique-ID variable_*\"/>"
                 "<param name=\"redact-fields\" value=\"variable_secret\"/>"
                 "<param name=\"topic\" value=\" Event-Name,\tCaller-Context \"/>"
                 "<param name=\"max-message-bytes\" value=\"64k\"/>"
                 "<param name=\"ipc-mode\" value=\"600\"/>"
                 "<param name=\"ipv6\" value=\"No\"/>"));
    assert_non_null(config);
    assert_int_equal(config->queue_bytes, INT64_C(2) << 30);
    assert_int_equal(config->io_threads, 3);
    assert_false(fsz_selection_matches(config->high_priority, "CHANNEL_HANGUP", NULL));
    const struct fsz_stream_config *stream = &config->streams[0];
    assert_int_equal(stream->socket.endpoint_count, 2);
    assert_true(stream->socket.endpoints[1].connect);
    assert_string_equal(stream->socket.endpoints[1].address, "tcp://collector.example:5600");
    assert_int_equal(stream->socket.acl_count, 2);
    assert_string_equal(stream->socket.acls[0], "lan");
    assert_string_equal(stream->socket.acls[1], "rfc1918.auto");
    assert_int_equal(stream->framing, FSZ_FRAMING_ENVELOPE);
    assert_false(fsz_selection_matches(stream->selection, "CHANNEL_STATE", NULL));
    assert_int_equal(fsz_fields_rule(stream->fields, "Caller-Context", 14), FSZ_FIELD_OMIT);
    assert_int_equal(fsz_fields_rule(stream->fields, "variable_x", 10), FSZ_FIELD_KEEP);
    assert_int_equal(fsz_fields_rule(stream->fields, "variable_secret", 15), FSZ_FIELD_REDACT);
    assert_int_equal(stream->topic_count, 2);
    assert_string_equal(stream->topic[1], "Caller-Context");
    assert_int_equal(stream->max_message_bytes, 65536);
    assert_int_equal(stream->socket.ipc_mode, 0600);
    assert_false(stream->socket.ipv6);
    fsz_config_free(&config);
}

static void test_config_takes_the_truth_values_of_the_switch(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "YES", "on", "t", "enabled", "active", "allow", "1"};
    static const char *const no[] = {"false",    "no",       "Off",      "f",
                                     "disabled", "inactive", "disallow", "0"};
    char                     inner[512];
    for (size_t i = 0; i < 16; i++) {
        const char *word = i < 8 ? yes[i] : no[i - 8];
        snprintf(inner, sizeof inner, STREAM("<param name=\"tcp-keepalive\" value=\"%s\"/>"), word);
        struct fsz_config *config = load(inner);
        assert_non_null(config);
        assert_int_equal(config->streams[0].socket.tcp_keepalive, i < 8);
        fsz_config_free(&config);
    }
    refuse(STREAM("<param name=\"ipv6\" value=\"maybe\"/>"),
           "line 1: stream \"s\": ipv6=\"maybe\" is not valid: true or false");
}

static void test_config_acl_any_admits_everybody(void **state)
{
    (void)state;
    struct fsz_config *config = load(STREAM("<param name=\"apply-inbound-acl\" value=\"any\"/>"));
    assert_int_equal(config->streams[0].socket.acl_count, 0);
    fsz_config_free(&config);
    refuse(
        STREAM("<param name=\"apply-inbound-acl\" value=\"lan\"/>"
               "<param name=\"apply-inbound-acl\" value=\"any\"/>"),
        "line 1: stream \"s\": apply-inbound-acl=\"any\" admits everybody: remove it or the other "
        "lists");
    refuse(STREAM("<param name=\"apply-inbound-acl\" value=\"\"/>"),
           "line 1: stream \"s\": apply-inbound-acl=\"\" is not valid: the name of an access list, "
           "without blanks");
}

static void test_config_tells_key_value_and_what_is_allowed(void **state)
{
    (void)state;
    refuse("\n<settings>\n<param name=\"io-threads\" value=\"17\"/></settings>",
           "line 3: settings: io-threads=\"17\" is not valid: a number from 1 to 16");
    refuse(
        "<settings><param name=\"queue-bytes\" value=\"1T\"/></settings>",
        "line 1: settings: queue-bytes=\"1T\" is not valid: a number of bytes from 64K to 64G; K, "
        "M or G may follow it");
    refuse(STREAM("<param name=\"framing\" value=\"xml\"/>"),
           "line 1: stream \"s\": framing=\"xml\" is not valid: json or envelope");
    refuse(STREAM("<param name=\"ipc-mode\" value=\"0888\"/>"),
           "line 1: stream \"s\": ipc-mode=\"0888\" is not valid: octal digits from 0 to 0777");
    refuse(STREAM("<param name=\"topic\" value=\" \"/>"),
           "line 1: stream \"s\": topic=\" \" is not valid: 1 to 16 header names, separated by "
           "blanks or commas");
    refuse(
        STREAM("<param name=\"events\" value=\"DTMF CHANNEL.X CODEC\"/>"),
        "line 1: stream \"s\": events: \"CHANNEL.X\" is not valid: an event is written NAME or "
        "NAME/SUBCLASS, such as CHANNEL_ANSWER or CUSTOM/sofia::register; * stands for any text");
    refuse(STREAM("<param name=\"events\" value=\"CUSTOM sofia::register\"/>"),
           "line 1: stream \"s\": events: \"sofia::register\" is not valid: a subclass follows a "
           "slash: write CUSTOM/sofia::register");
    refuse(STREAM("<param name=\"redact-fields\" value=\"a b*c d\"/>"),
           "line 1: stream \"s\": redact-fields: \"b*c\" is not valid: header names, separated by "
           "blanks or commas; a name may end with *");
}

static void test_config_refuses_numbers_that_are_nearly_numbers(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", " 5", "5 ", "+5", "-5", "0x5", "5.0", "5e1", "five", "5K", "99999999999999999999"};
    char inner[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(inner, sizeof inner,
                 "<settings><param name=\"linger-ms\" value=\"%s\"/></settings>", wrong[i]);
        assert_null(load(inner));
    }
    static const char *const sizes[] = {"K", "1KK", "1 K", "8589934592G", "1k\xc3\xa4"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(inner, sizeof inner,
                 "<settings><param name=\"queue-bytes\" value=\"%s\"/></settings>", sizes[i]);
        assert_null(load(inner));
    }
}

static void test_config_names_the_nearest_key(void **state)
{
    (void)state;
    refuse(STREAM("<param name=\"send-hvm\" value=\"1\"/>"),
           "line 1: stream \"s\": send-hvm is not known; did you mean send-hwm?");
    refuse("<settings><param name=\"queue_events\" value=\"1\"/></settings>",
           "line 1: settings: queue_events is not known; did you mean queue-events?");
    refuse("<settings><param name=\"colour\" value=\"1\"/></settings>",
           "line 1: settings: colour is not known");
    refuse("<settings><param name=\"bind\" value=\"1\"/></settings>",
           "line 1: settings: bind belongs in <stream> or <api-socket>");
    refuse(STREAM("<param name=\"linger-ms\" value=\"1\"/>"),
           "line 1: stream \"s\": linger-ms belongs in <settings>");
}

static void test_config_refuses_structure_that_it_does_not_know(void **state)
{
    (void)state;
    refuse("<setings/>", "line 1: <setings> is not known in <configuration>: settings, streams, "
                         "api-sockets, groups, services or bindings");
    refuse("<settings><parm/></settings>",
           "line 1: settings: <parm> is not known in <settings>: param");
    refuse("<settings><param name=\"linger-ms\" val=\"1\" value=\"2\"/></settings>",
           "line 1: settings: <param> has no attribute val");
    refuse("<settings><param value=\"2\"/></settings>", "line 1: settings: <param> needs a name");
    refuse("<settings><param name=\"linger-ms\"/></settings>",
           "line 1: settings: linger-ms needs a value");
    refuse("<settings/><settings/>", "line 1: <settings> is given twice");
    refuse("<streams><steam/></streams>", "line 1: <steam> is not known in <streams>: stream");
    refuse(STREAM("<headers/>"),
           "line 1: stream \"s\": <headers> is not known in <stream>: param or filter");
    refuse("<settings><param name=\"linger-ms\" value=\"1\"/>"
           "<param name=\"linger-ms\" value=\"2\"/></settings>",
           "line 1: settings: linger-ms is given more than once");
}

static void test_config_refuses_another_root(void **state)
{
    (void)state;
    struct fsz_config   *config = NULL;
    struct fsz_confnode *root = fsz_confnode_new(NULL, "configuration", 0);
    assert_int_equal(fsz_confnode_set(root, "name", "acl.conf"), FSZ_OK);
    fsz_problems_init(&problems);
    assert_int_equal(fsz_config_load(root, &config, &problems), FSZ_EINVALID);
    assert_string_equal(problems.lines[0],
                        "<configuration name=\"acl.conf\"> is not event_zmq.conf");
    assert_null(config);
    fsz_confnode_free(&root);
}

static void test_config_stream_needs_a_name_of_its_own_and_an_endpoint(void **state)
{
    (void)state;
    refuse("<streams>\n<stream name=\"a\"/></streams>",
           "line 2: stream \"a\": needs at least one bind or connect");
    refuse("<streams><stream><param name=\"bind\" value=\"inproc://a\"/></stream></streams>",
           "line 1: <stream> needs a name");
    refuse("<streams><stream name=\"a b\"><param name=\"bind\" value=\"inproc://a\"/></stream>"
           "</streams>",
           "line 1: stream name=\"a b\" is not valid: 1 to 64 letters, digits, - _ .");
    refuse("<streams><stream name=\"a\"><param name=\"bind\" value=\"inproc://a\"/></stream>\n"
           "<stream name=\"a\"><param name=\"bind\" value=\"inproc://b\"/></stream></streams>",
           "line 2: stream \"a\" is given twice: names must differ");
}

static void test_config_tells_all_mistakes_at_once(void **state)
{
    (void)state;
    assert_null(
        load("<settings>\n<param name=\"io-threads\" value=\"0\"/>\n"
             "<param name=\"x\" value=\"0\"/></settings>\n"
             "<streams><stream name=\"a\">\n<param name=\"framing\" value=\"x\"/></stream>\n"
             "<stream name=\"b\"><param name=\"bind\" value=\"tcp://x\"/></stream></streams>"));
    assert_int_equal(problems.count, 5);
    assert_non_null(strstr(problems.lines[0], "line 2: settings: io-threads"));
    assert_non_null(strstr(problems.lines[1], "line 3: settings: x "));
    assert_non_null(strstr(problems.lines[2], "line 5: stream \"a\": framing"));
    assert_non_null(strstr(problems.lines[3], "line 4: stream \"a\": needs"));
    assert_non_null(strstr(problems.lines[4], "line 6: stream \"b\": bind"));
}

static void test_config_counts_mistakes_that_it_does_not_keep(void **state)
{
    (void)state;
    char *inner = calloc(1, 8192);
    assert_non_null(inner);
    strcpy(inner, "<settings>");
    for (int i = 0; i < 100; i++) {
        strcat(inner, "<param name=\"zzz\" value=\"\"/>");
    }
    strcat(inner, "</settings>");
    assert_null(load(inner));
    assert_int_equal(problems.count, 100);
    assert_int_equal(fsz_problems_kept(&problems), FSZ_PROBLEMS_MAX);
    free(inner);
}

static void test_config_mistake_is_one_plain_line(void **state)
{
    (void)state;
    refuse("<settings><param name=\"linger-ms\" value=\"1&#10;2&#13;&#9;3\"/></settings>",
           "line 1: settings: linger-ms=\"1?2??3\" is not valid: a number from 0 to 10000");
}

static void test_config_refuses_more_than_its_caps(void **state)
{
    (void)state;
    enum { BYTES = 64 * 1024 };
    char *inner = calloc(1, BYTES);
    assert_non_null(inner);
    size_t used = (size_t)snprintf(inner, BYTES, "<streams>");
    for (int i = 0; i <= FSZ_STREAMS_MAX; i++) {
        used += (size_t)snprintf(inner + used, BYTES - used,
                                 "<stream name=\"s%d\"><param name=\"bind\" "
                                 "value=\"inproc://%d\"/></stream>",
                                 i, i);
    }
    snprintf(inner + used, BYTES - used, "</streams>");
    refuse(inner, "line 1: more than 256 in <streams>");
    used = (size_t)snprintf(inner, BYTES, "<streams><stream name=\"s\">");
    for (int i = 0; i <= FSZ_ENDPOINTS_MAX; i++) {
        used += (size_t)snprintf(inner + used, BYTES - used,
                                 "<param name=\"bind\" value=\"inproc://%d\"/>", i);
    }
    for (int i = 0; i <= FSZ_ACLS_MAX; i++) {
        used += (size_t)snprintf(inner + used, BYTES - used,
                                 "<param name=\"apply-inbound-acl\" value=\"acl%d\"/>", i);
    }
    snprintf(inner + used, BYTES - used, "</stream></streams>");
    assert_null(load(inner));
    assert_int_equal(problems.count, 2);
    assert_string_equal(problems.lines[0], "line 1: stream \"s\": more than 64 endpoints");
    assert_string_equal(problems.lines[1], "line 1: stream \"s\": more than 32 access lists");
    free(inner);
}

static void test_config_empty_streams_are_none(void **state)
{
    (void)state;
    struct fsz_config *config = load("<streams/>");
    assert_non_null(config);
    assert_int_equal(config->stream_count, 0);
    assert_int_equal(config->api_socket_count, 1);
    fsz_config_free(&config);
}

/* Not mistakes, since a later FreeSWITCH may have these events. */
static void test_config_warns_of_events_that_no_switch_has(void **state)
{
    (void)state;
    struct fsz_config *config = load(
        "<settings><param name=\"high-priority-events\" value=\"CHANNEL_HANGUP "
        "CDR\"/></settings>" STREAM(
            "<param name=\"events\" value=\"ALL !CHANEL_STATE SWITCH_EVENT_DTMF CHANNEL_*\"/>"));
    assert_non_null(config);
    assert_non_null(config->warnings);
    assert_int_equal(config->warnings->count, 2);
    assert_string_equal(
        config->warnings->lines[0],
        "line 1: settings: high-priority-events: FreeSWITCH 1.10 and 1.11 have no event CDR");
    assert_string_equal(config->warnings->lines[1],
                        "line 1: stream \"s\": events: FreeSWITCH 1.10 and 1.11 have no event "
                        "CHANEL_STATE; did you mean CHANNEL_STATE?");
    fsz_config_free(&config);
    config = load("");
    assert_null(config->warnings); /* the defaults give none */
    fsz_config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_empty_is_the_default_streams_for_loopback),
        cmocka_unit_test(test_config_empty_streams_are_none),
        cmocka_unit_test(test_config_warns_of_events_that_no_switch_has),
        cmocka_unit_test(test_config_defaults_are_those_of_the_table),
        cmocka_unit_test(test_config_sample_is_the_default),
        cmocka_unit_test(test_config_takes_each_default_written_out),
        cmocka_unit_test(test_config_bounds_of_each_number_hold),
        cmocka_unit_test(test_config_reads_values_into_their_members),
        cmocka_unit_test(test_config_takes_the_truth_values_of_the_switch),
        cmocka_unit_test(test_config_acl_any_admits_everybody),
        cmocka_unit_test(test_config_tells_key_value_and_what_is_allowed),
        cmocka_unit_test(test_config_refuses_numbers_that_are_nearly_numbers),
        cmocka_unit_test(test_config_names_the_nearest_key),
        cmocka_unit_test(test_config_refuses_structure_that_it_does_not_know),
        cmocka_unit_test(test_config_refuses_another_root),
        cmocka_unit_test(test_config_stream_needs_a_name_of_its_own_and_an_endpoint),
        cmocka_unit_test(test_config_tells_all_mistakes_at_once),
        cmocka_unit_test(test_config_counts_mistakes_that_it_does_not_keep),
        cmocka_unit_test(test_config_mistake_is_one_plain_line),
        cmocka_unit_test(test_config_refuses_more_than_its_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
