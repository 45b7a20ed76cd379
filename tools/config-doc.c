/* SPDX-License-Identifier: MPL-2.0 */
/* config-doc - generates the documentation of the configuration keys from the table of keys.
 *
 *   config-doc sample            prints the commented event_zmq.conf.xml
 *   config-doc markdown FILE     prints FILE, with the text between its two markers regenerated */
#include "config/config.h"
#include "config/config_keys.h"

#include <stdio.h>
#include <string.h>

static const char doc_begin[] = "<!-- keys: begin, made by config-doc -->\n";
static const char doc_end[] = "<!-- keys: end -->\n";

enum { DOC_WIDTH = 100, DOC_ALLOWED_BYTES = 256 };

/* Examples for keys without a default. */
static const struct fsz_config_param doc_examples[] = {
    {"users-file", "/etc/freeswitch/event_zmq.users.json"},
    {"curve-key-file", "/etc/freeswitch/event_zmq.key_secret"},
    {"bind", FSZ_DEFAULT_ENDPOINT},
    {"connect", "tcp://127.0.0.1:5560"},
    {"api", "originate *"},
    {"applications", "playback *"},
    {"send-events", "CUSTOM/acme::*"},
    {"variables", "acme_*"},
    {"endpoints", "sofia/gateway/carrier/*"},
    {"files", "read:/srv/sounds/*"},
    {"contexts", "outbound"},
    {"literal-service", "ivr"},
    {"services", "crm"},
    {"sections", "directory"},
    {"controlled-calls", "ivr"},
    {"server-key", "/etc/freeswitch/directory.key"},
    {"service", "directory"},
    {"tag", "domain"},
    {"key", "name"},
    {"value", "*.example.org"},
    {"cache-params", "user domain"},
    {NULL, ""},
};

static const char *doc_example(const struct fsz_config_key *key)
{
    const struct fsz_config_param *example = doc_examples;
    while (example->name != NULL && strcmp(example->name, key->name) != 0) {
        example++;
    }
    return example->value;
}

/* Prints words, wrapped and indented. */
static void doc_wrapped(const char *text, int indent)
{
    int column = printf("%*s", indent, "");
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column + length + 1 > DOC_WIDTH) {
            column = printf("\n%*s", indent, "") - 1;
        } else if (column > indent) {
            column += printf(" ");
        }
        column += printf("%.*s", length, text);
        text += length;
        text += strspn(text, " ");
    }
    printf("\n");
}

static void doc_unit(const struct fsz_config_key *key, char *ret_text, size_t bytes)
{
    bool shown = key->unit != NULL && (key->type == FSZ_KEY_NUMBER);
    snprintf(ret_text, bytes, "%s%s", shown ? " " : "", shown ? key->unit : "");
}

static const char *doc_without(const struct fsz_config_key *key)
{
    bool pattern = key->type == FSZ_KEY_PATTERN;
    return key->scope == FSZ_SCOPE_GROUP ? "Default: none."
           : pattern                     ? "Default: any."
                                         : "No default.";
}

/* FreeSWITCH's XML parser allows no `--` in a comment, so no help text has one. */
static void doc_sample_help(const struct fsz_config_key *key, int indent)
{
    char        allowed[DOC_ALLOWED_BYTES];
    char        unit[32];
    char        text[2048];
    const char *none = doc_without(key);
    fsz_config_key_allowed(key, allowed, sizeof allowed);
    doc_unit(key, unit, sizeof unit);
    snprintf(text, sizeof text, "<!-- %s %s: %s%s. %s%s%s -->", key->help, "Allowed", allowed, unit,
             key->fallback == NULL      ? none
             : key->fallback[0] == '\0' ? "Default: empty."
                                        : "Default: ",
             key->fallback == NULL ? "" : key->fallback,
             key->fallback == NULL || key->fallback[0] == '\0' ? "" : ".");
    doc_wrapped(text, indent);
}

static void doc_sample_param(const char *name, const char *value, int indent, bool set)
{
    char text[2048];
    snprintf(text, sizeof text, "<param name=\"%s\" value=\"%s\"/>", name, value);
    printf(set ? "%*s%s\n" : "%*s<!-- %s -->\n", indent, "", text);
}

/* The value that the sample sets, to make an important default visible. NULL: the sample shows the
 * key in a comment. */
static const char *doc_sample_value(const struct fsz_config_key *key, enum fsz_key_scope element)
{
    if (strcmp(key->name, "bind") == 0) {
        return element == FSZ_SCOPE_API_SOCKET ? FSZ_DEFAULT_API_SOCKET_ENDPOINT
                                               : FSZ_DEFAULT_ENDPOINT;
    }
    if (element != FSZ_SCOPE_STREAM) {
        return NULL;
    }
    if (strcmp(key->name, "apply-inbound-acl") == 0 || strcmp(key->name, "framing") == 0 ||
        strcmp(key->name, "events") == 0) {
        return key->fallback;
    }
    return NULL;
}

static void doc_sample_key(const struct fsz_config_key *key, enum fsz_key_scope element, int indent)
{
    const char *set = doc_sample_value(key, element);
    const char *value = set ? set : key->fallback ? key->fallback : doc_example(key);
    doc_sample_help(key, indent);
    doc_sample_param(key->name, value, indent, set != NULL);
    printf("\n");
}

static void doc_sample_keys(enum fsz_key_scope scope, enum fsz_key_scope element, int indent)
{
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        if (fsz_config_keys[i].scope == scope) {
            doc_sample_key(&fsz_config_keys[i], element, indent);
        }
    }
}

/* Each right, with the grants of the default group. */
static void doc_sample_grants(int indent)
{
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        const struct fsz_config_key *key = &fsz_config_keys[i];
        if (key->scope != FSZ_SCOPE_GROUP) {
            continue;
        }
        doc_sample_help(key, indent);
        for (const struct fsz_config_param *g = fsz_config_default_grants; g->name != NULL; g++) {
            if (strcmp(g->name, key->name) == 0) {
                doc_sample_param(g->name, g->value, indent, true);
            }
        }
        if (doc_example(key)[0] != '\0') {
            doc_sample_param(key->name, doc_example(key), indent, false);
        }
        printf("\n");
    }
}

static void doc_sample_streams(void)
{
    printf("  <!-- Without <streams>, there are the two streams below. -->\n"
           "  <streams>\n"
           "    <stream name=\"" FSZ_DEFAULT_STREAM "\">\n");
    doc_sample_keys(FSZ_SCOPE_SOCKET, FSZ_SCOPE_STREAM, 6);
    doc_sample_keys(FSZ_SCOPE_STREAM, FSZ_SCOPE_STREAM, 6);
    printf("      <!-- Only events whose headers meet conditions: equals, matches (a regular "
           "expression) or\n"
           "           exists. not=\"true\" negates a condition. match is \"all\" or \"any\".\n"
           "      <filter match=\"all\">\n"
           "        <header name=\"Caller-Context\" equals=\"public\"/>\n"
           "        <header name=\"Caller-Destination-Number\" matches=\"^\\+?49\"/>\n"
           "        <header name=\"variable_test_call\" exists=\"true\" not=\"true\"/>\n"
           "      </filter> -->\n"
           "    </stream>\n\n"
           "    <!-- The same events with sequence numbers, which show a subscriber what it lost. "
           "-->\n"
           "    <stream name=\"" FSZ_DEFAULT_NUMBERED_STREAM "\">\n");
    doc_sample_param("bind", FSZ_DEFAULT_NUMBERED_ENDPOINT, 6, true);
    doc_sample_param("apply-inbound-acl", "loopback.auto", 6, true);
    doc_sample_param("framing", "envelope", 6, true);
    printf("    </stream>\n"
           "  </streams>\n\n");
}

static void doc_sample_api_sockets(void)
{
    printf("  <!-- Sockets for requests. Without <api-sockets>, there is the API socket below. An\n"
           "       empty <api-sockets/> means no API socket. The keys of a stream from bind to\n"
           "       ipc-mode, explained above, are valid here too. -->\n"
           "  <api-sockets>\n"
           "    <api-socket name=\"" FSZ_DEFAULT_API_SOCKET "\">\n");
    doc_sample_param("bind", FSZ_DEFAULT_API_SOCKET_ENDPOINT, 6, true);
    doc_sample_param("apply-inbound-acl", "loopback.auto", 6, true);
    doc_sample_param("security", "none", 6, false);
    printf("\n");
    doc_sample_keys(FSZ_SCOPE_API_SOCKET, FSZ_SCOPE_API_SOCKET, 6);
    printf("    </api-socket>\n"
           "  </api-sockets>\n\n");
}

static void doc_sample_groups(void)
{
    printf("  <!-- Who may do what. A user of users-file has the grants of all its groups. A peer\n"
           "       without a name has the grants of the group `" FSZ_DEFAULT_GROUP "`. Everything "
           "else is refused.\n"
           "       Without <groups>, there is the group below: it sees all events and changes "
           "nothing.\n"
           "       To grant more, remove the comment marks from more keys, or write `*`. A key may "
           "be\n"
           "       given several times. -->\n"
           "  <groups>\n"
           "    <group name=\"" FSZ_DEFAULT_GROUP "\">\n");
    doc_sample_grants(6);
    printf("    </group>\n\n"
           "    <!-- Users who may do everything:\n"
           "    <group name=\"operators\">\n");
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        if (fsz_config_keys[i].scope == FSZ_SCOPE_GROUP) {
            doc_sample_param(fsz_config_keys[i].name, "*", 6, true);
        }
    }
    printf("    </group> -->\n"
           "  </groups>\n");
}

/* Services and bindings change what the switch does, so the sample has them only in comments. */
static void doc_sample_services(void)
{
    printf(
        "\n"
        "  <!-- Programs that reply to requests of the switch (docs/protocol/services.md). There\n"
        "       is no default service. An example; all keys are below:\n"
        "    <service name=\"directory\">\n"
        "      <param name=\"connect\" value=\"tcp://127.0.0.1:5560\"/>\n"
        "      <param name=\"connect\" value=\"tcp://127.0.0.1:5561\"/>\n"
        "    </service> -->\n"
        "  <services>\n");
    doc_sample_keys(FSZ_SCOPE_SERVICE, FSZ_SCOPE_SERVICE, 4);
    printf(
        "  </services>\n\n"
        "  <!-- Select the XML lookups of the switch that go to a service. Matching bindings are "
        "tried\n"
        "       in this order. Without a <binding>, no lookup goes to a service. An example; all\n"
        "       keys are below:\n"
        "    <binding name=\"directory\">\n"
        "      <param name=\"service\" value=\"directory\"/>\n"
        "      <param name=\"sections\" value=\"directory\"/>\n"
        "      <param name=\"cache-s\" value=\"60\"/>\n"
        "      <param name=\"stale-s\" value=\"3600\"/>\n"
        "      <param name=\"cache-params\" value=\"user domain action purpose\"/>\n"
        "    </binding> -->\n"
        "  <bindings>\n");
    doc_sample_keys(FSZ_SCOPE_BINDING, FSZ_SCOPE_BINDING, 4);
    printf("  </bindings>\n");
}

static void doc_sample(void)
{
    printf(
        "<!-- Events of the switch, and requests to it, as JSON over ZeroMQ. Reference: "
        "docs/configuration.md.\n"
        "     After a change: `zmq reload` in FreeSWITCH, SIGHUP for fszmqd. A file with mistakes\n"
        "     changes nothing, and the log has a line for each mistake. Keys in comments show\n"
        "     their default, or an example if they have none. -->\n"
        "<configuration name=\"event_zmq.conf\" description=\"Events and requests as JSON over "
        "ZeroMQ\">\n"
        "  <settings>\n");
    doc_sample_keys(FSZ_SCOPE_SETTINGS, FSZ_SCOPE_SETTINGS, 4);
    printf("  </settings>\n\n");
    doc_sample_streams();
    doc_sample_api_sockets();
    doc_sample_groups();
    doc_sample_services();
    printf("</configuration>\n");
}

/* Escapes `|`, which would end the cell. */
static void doc_cell(const char *text)
{
    for (; *text != '\0'; text++) {
        printf(*text == '|' ? "\\%c" : "%c", *text);
    }
}

static void doc_table_row(const struct fsz_config_key *key)
{
    char allowed[DOC_ALLOWED_BYTES];
    char unit[32];
    fsz_config_key_allowed(key, allowed, sizeof allowed);
    doc_unit(key, unit, sizeof unit);
    printf("| `%s` | ", key->name);
    if (key->fallback == NULL) {
        printf("none | ");
    } else if (key->fallback[0] == '\0') {
        printf("empty | ");
    } else {
        printf("`%s` | ", key->fallback);
    }
    printf("%s%s | ", allowed, unit);
    doc_cell(key->help);
    printf(" |\n");
}

static void doc_table(enum fsz_key_scope scope, const char *title)
{
    printf("### %s\n\n| Key | Default | Allowed | What it does |\n|---|---|---|---|\n", title);
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        if (fsz_config_keys[i].scope == scope) {
            doc_table_row(&fsz_config_keys[i]);
        }
    }
    printf("\n");
}

static int doc_markdown(FILE *file)
{
    char line[4096];
    bool inside = false;
    int  markers = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strcmp(line, doc_end) == 0) {
            inside = false;
            markers++;
        }
        if (!inside) {
            printf("%s", line);
        }
        if (strcmp(line, doc_begin) == 0) {
            inside = true;
            markers++;
            printf("\n");
            doc_table(FSZ_SCOPE_SETTINGS, "Keys in `<settings>`");
            doc_table(FSZ_SCOPE_SOCKET, "Keys in `<stream>` and `<api-socket>`");
            doc_table(FSZ_SCOPE_STREAM, "Keys in `<stream>` only");
            doc_table(FSZ_SCOPE_API_SOCKET, "Keys in `<api-socket>` only");
            doc_table(FSZ_SCOPE_GROUP, "Keys in `<group>`");
            doc_table(FSZ_SCOPE_SERVICE, "Keys in `<service>`");
            doc_table(FSZ_SCOPE_BINDING, "Keys in `<binding>`");
        }
    }
    return markers == 2 && !inside ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "sample") == 0) {
        doc_sample();
        return 0;
    }
    if (argc != 3 || strcmp(argv[1], "markdown") != 0) {
        fprintf(stderr, "usage: config-doc sample | config-doc markdown FILE\n");
        return 2;
    }
    FILE *file = fopen(argv[2], "r");
    if (file == NULL) {
        perror(argv[2]);
        return 2;
    }
    int result = doc_markdown(file);
    (void)fclose(file);
    if (result != 0) {
        fprintf(stderr, "config-doc: %s does not have both markers\n", argv[2]);
    }
    return result;
}
