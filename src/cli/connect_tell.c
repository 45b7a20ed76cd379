/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/connect_tell.h"

#include "cli/text.h"
#include "cli/wrap.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What to tell the user about each state, and what to check. */
static const char *const tell_states[] = {
    [FSZ_CONNECT_TRYING] = "no connection yet",
    [FSZ_CONNECT_ABSENT] = "nothing answers there",
    [FSZ_CONNECT_OPEN] = "accepts connections, but has not completed the handshake yet",
    [FSZ_CONNECT_READY] = "connected",
    [FSZ_CONNECT_DENIED] = "refused by access control",
    [FSZ_CONNECT_SECURITY] = "this endpoint requires security ",
    [FSZ_CONNECT_STRANGER] =
        "something listens there, but ends the connection before the handshake",
    [FSZ_CONNECT_TURNED] = "something listens there, but closes new connections at once",
    [FSZ_CONNECT_LOST] = "connection lost",
};

static const char *const tell_hints[] = {
    [FSZ_CONNECT_TRYING] = "is the address right, and does a firewall drop the packets?",
    [FSZ_CONNECT_ABSENT] =
        "is FreeSWITCH (or fszmqd) running? Is the module loaded ('load mod_event_zmq')? Does\n"
        "  'zmq status' at its console show this address and port as bound?",
    [FSZ_CONNECT_OPEN] = "does a ZeroMQ publisher listen on this port?",
    [FSZ_CONNECT_READY] =
        "has the switch had any events? Do the stream ('zmq streams' at the switch's console) and\n"
        "  --event, --uuid and --where select the events that you want?",
    [FSZ_CONNECT_DENIED] = "is the password or key right, and does the endpoint's security (none, "
                           "plain, curve) accept it?\n"
                           "  Does its apply-inbound-acl admit the address of this host (default: "
                           "loopback.auto, the switch's\n"
                           "  own machine only)? Change event_zmq.conf.xml, then 'zmq reload'",
    [FSZ_CONNECT_SECURITY] =
        "for none, give no user and no key in options, environment and fszmq.conf; for plain,\n"
        "  give --user and the password; for curve, give --server-key and --key",
    [FSZ_CONNECT_STRANGER] =
        "is this the port of the event stream ('zmq status'; port 8021 of mod_event_socket uses\n"
        "  another protocol)? Does a packet filter on the way admit this host?",
    [FSZ_CONNECT_TURNED] =
        "has the switch reached a limit? 'endings.address-rate' and 'endings.connections' in\n"
        "  'zmq status json' count the connections that it closed (address-connections-per-second\n"
        "  and connections-max). Otherwise: is this the right port ('zmq status'), and does a\n"
        "  packet filter on the way admit this host?",
    [FSZ_CONNECT_LOST] = "was the switch stopped, or the module unloaded?",
};

void fsz_connect_tell(const struct fsz_connect *connect, const struct fsz_connect_peer *peer,
                      const char *detail)
{
    fprintf(stderr, "%s: ", connect->program);
    fsz_text_puts(stderr, peer->endpoint);
    fprintf(stderr, ": %s", tell_states[peer->state]);
    if (peer->state == FSZ_CONNECT_SECURITY) {
        fprintf(stderr, "%s; this side uses %s", peer->wants, connect->security);
    } else if (peer->state == FSZ_CONNECT_STRANGER && peer->foreign) {
        fputs(" (not mod_event_zmq: it does not speak ZeroMQ)", stderr);
    }
    fprintf(stderr, "%s\n", detail);
}

void fsz_connect_hint(enum fsz_connect_state state)
{
    /* One line if stderr is not a terminal, so that a log can be searched. */
    int columns = isatty(STDERR_FILENO) ? fsz_wrap_columns(stderr) : INT_MAX;
    fputs("  check: ", stderr);
    fsz_wrap_put(stderr, columns, (int)strlen("  check: "), 2, tell_hints[state]);
}
