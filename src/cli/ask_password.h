/* SPDX-License-Identifier: MPL-2.0 */
/* ask_password.h - reads a password from the terminal without echo, or from a pipe. */
#ifndef FSZ_ASK_PASSWORD_H
#define FSZ_ASK_PASSWORD_H

#include "keys/password.h"

#include <stdbool.h>

/* Reads one line from standard input, without its line end. On a terminal it prints `prompt`, turns
 * echo off, and calls fsz_signals_catch() so that a signal leaves the terminal as it was. False: no
 * password, one longer than FSZ_PASSWORD_MAX, or a signal. */
bool fsz_ask_password(const char *prompt, char ret_password[FSZ_PASSWORD_MAX + 1]);

#endif
