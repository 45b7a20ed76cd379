#include "cli/connect_tell.h"

#include "cli/text.h"
#include "cli/wrap.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What each state means to the user, and what to check. */
static const char *const tell_states[] = {
    [FSZ_CONNECT_TRYING] = "no connection yet",
    [FSZ_CONNECT_ABSENT] = "nothing answers there",
    [FSZ_CONNECT_OPEN] = "accepts connections, but has not shaken hands yet",
    [FSZ_CONNECT_READY] = "connected",
    [FSZ_CONNECT_DENIED] = "refused by access control",
    [FSZ_CONNECT_SECURITY] = "this endpoint wants security ",
    [FSZ_CONNECT_STRANGER] =
        "something listens there, but ends the connection before the handshake",
    [FSZ_CONNECT_TURNED] = "something listens there, but closes connections as soon as they come",
    [FSZ_CONNECT_LOST] = "connection lost",
};

static const char *const tell_hints[] = {
    [FSZ_CONNECT_TRYING] = "address and firewall: does anything come back from there?",
    [FSZ_CONNECT_ABSENT] =
        "is FreeSWITCH (or fszmqd) running, is the module loaded ('load mod_event_zmq'), and does\n"
        "  'zmq status' at its console show this address and port as bound?",
    [FSZ_CONNECT_OPEN] = "is it a ZeroMQ publisher that listens on this port?",
    [FSZ_CONNECT_READY] =
        "events come only when the switch has some. Does the stream select the events you want\n"
        "  ('zmq streams' at the switch's console), and --event, --uuid and --where too?",
    [FSZ_CONNECT_DENIED] = "is the password or key right, and does the endpoint's security (none, "
                           "plain, curve) take it?\n"
                           "  Its apply-inbound-acl must admit this host's address (default: "
                           "loopback.auto, this machine\n"
                           "  only); see event_zmq.conf.xml, then 'zmq reload'",
    [FSZ_CONNECT_SECURITY] =
        "none: no user and no key, in options, environment and fszmq.conf; plain: --user and the\n"
        "  password; curve: --server-key and --key, a key of a user of the switch",
    [FSZ_CONNECT_STRANGER] =
        "is this the port of the event stream ('zmq status'; mod_event_socket's 8021 is another\n"
        "  protocol), and does an address filter on the way let this host in?",
    [FSZ_CONNECT_TURNED] =
        "is a bound of the switch reached? 'endings.address-rate' and 'endings.connections' in\n"
        "  'zmq status json' count what it turned away (address-connections-per-second and\n"
        "  connections-max). Else: is this the port that you mean ('zmq status'), and does an\n"
        "  address filter on the way let this host in?",
    [FSZ_CONNECT_LOST] = "was the switch stopped, or the module unloaded?",
};

void fsz_connect_tell(const struct fsz_connect *connect, const struct fsz_connect_peer *peer,
                      const char *detail)
{
    fprintf(stderr, "%s: ", connect->program);
    fsz_text_puts(stderr, peer->endpoint);
    fprintf(stderr, ": %s", tell_states[peer->state]);
    if (peer->state == FSZ_CONNECT_SECURITY) {
        fprintf(stderr, "%s; this side shows %s", peer->wants, connect->security);
    } else if (peer->state == FSZ_CONNECT_STRANGER && peer->foreign) {
        fputs(" (nobody of ours answers there: it does not speak ZeroMQ)", stderr);
    }
    fprintf(stderr, "%s\n", detail);
}

void fsz_connect_hint(enum fsz_connect_state state)
{
    /* On one line where nobody sees it, so that it can be searched for. */
    int columns = isatty(STDERR_FILENO) ? fsz_wrap_columns(stderr) : INT_MAX;
    fputs("  check: ", stderr);
    fsz_wrap_put(stderr, columns, (int)strlen("  check: "), 2, tell_hints[state]);
}
