/* SPDX-License-Identifier: MPL-2.0 */
/* Arbitrary bytes as the document of a service. An accepted one has no DOCTYPE and no NUL; an error
 * names the line. */
#include "service/xmlcheck.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char    why[FSZ_XML_WHY_BYTES] = "";
    fsz_err err = fsz_xmlcheck((const char *)data, size, "directory", why, sizeof why);
    require(err == FSZ_OK || err == FSZ_ENOTFOUND || err == FSZ_EINVALID);
    require((err == FSZ_EINVALID) == (strncmp(why, "line ", 5) == 0));
    if (err == FSZ_OK) {
        require(memchr(data, '\0', size) == NULL);
        require(memmem(data, size, "section", 7) != NULL);
        require(memmem(data, size, "<!DOCTYPE", 9) == NULL ||
                memmem(data, size, "<!--", 4) != NULL || memmem(data, size, "<?", 2) != NULL ||
                memmem(data, size, "<![CDATA[", 9) != NULL);
    }
    return 0;
}
