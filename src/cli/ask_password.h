/* ask_password.h - a password from the terminal, unseen, or from a pipe. */
#ifndef FSZ_ASK_PASSWORD_H
#define FSZ_ASK_PASSWORD_H

#include "keys/password.h"

#include <stdbool.h>

/* Reads one line from standard input, without its end; on a terminal after the question `prompt`
 * and without showing it, and with fsz_signals_catch(), so that a signal leaves the terminal as it
 * was. False: there was none, it is longer than FSZ_PASSWORD_MAX, or a signal came. */
bool fsz_ask_password(const char *prompt, char ret_password[FSZ_PASSWORD_MAX + 1]);

#endif
