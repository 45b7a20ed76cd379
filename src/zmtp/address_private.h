/* SPDX-License-Identifier: MPL-2.0 */
/* address_private.h - helpers for socket addresses. Any thread. */
#ifndef FSZ_ZMTP_ADDRESS_PRIVATE_H
#define FSZ_ZMTP_ADDRESS_PRIVATE_H

#include "zmtp/address.h"

/* Removes the brackets that an IPv6 number may have. FSZ_EINVALID: a bracket is missing, or the
 * text is longer than `size`. */
FSZ_NODISCARD fsz_err fsz_address_strip(const char *host, char *ret_bare, size_t size);
/* The wildcard address of a family. */
void fsz_address_of_any(sa_family_t family, uint16_t port, struct fsz_address *ret_address);

#endif
