/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/xml_files.h"

#include <stddef.h>
#include <strings.h>

static const struct {
    const char *section, *value, *text;
} documents[] = {
    {"configuration", "acl.conf",
     "<document type=\"freeswitch/xml\"><section name=\"configuration\">"
     "<configuration name=\"acl.conf\"><network-lists><list name=\"domains\" default=\"deny\"/>"
     "</network-lists></configuration></section></document>"},
    {"directory", "sim.invalid",
     "<document type=\"freeswitch/xml\"><section name=\"directory\"><domain name=\"sim.invalid\">"
     "<user id=\"1000\"/></domain></section></document>"},
    {"dialplan", NULL,
     "<document type=\"freeswitch/xml\"><section name=\"dialplan\"><context name=\"default\">"
     "<extension name=\"echo\"><condition field=\"destination_number\" expression=\"^1000$\">"
     "<action application=\"echo\"/></condition></extension></context></section></document>"},
    {"languages", "en",
     "<document type=\"freeswitch/xml\"><section name=\"languages\"><language name=\"en\">"
     "<phrases/></language></section></document>"},
};

const char *fsz_document_find(const char *section, const char *value)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        const char *own = documents[i].value;
        if (strcasecmp(documents[i].section, section) == 0 &&
            (value == NULL || (own != NULL && strcasecmp(own, value) == 0))) {
            return documents[i].text;
        }
    }
    return NULL;
}
