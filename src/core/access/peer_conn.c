#include "peer.h"
#include "zmtp/zmtp_socket.h"

#include <stdio.h>

void fsz_peer_of_conn(const struct fsz_conn *conn, struct fsz_peer *ret_peer)
{
    const struct fsz_conn_facts *facts = fsz_conn_facts(conn);
    struct fsz_zmtp_identity     identity = fsz_zmtp_socket_identity(conn);
    *ret_peer = (struct fsz_peer){.serial = facts->id, .proof = identity.tag, .fd = -1};
    snprintf(ret_peer->user, sizeof(ret_peer->user), "%.*s", FSZ_USER_NAME_MAX, identity.user);
    snprintf(ret_peer->address, sizeof(ret_peer->address), "%.*s", FSZ_PEER_ADDRESS_BYTES - 1,
             facts->address);
}
