/* SPDX-License-Identifier: MPL-2.0 */
/* The handshake of PLAIN, both sides, with a peer that sends arbitrary data; see mechanismrun.h. */
#include "mechanismrun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mechanismrun(FSZ_ZMTP_PLAIN, data, size);
    return 0;
}
