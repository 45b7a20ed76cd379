# SPDX-License-Identifier: MPL-2.0
"""Wrong credentials, from each implementation that has the mechanism, and peers with another mechanism."""

import pytest

import peers
import rig

WRONG = {
    "PLAIN": {"password": "another"},
    "CURVE": {"public": rig.SERVER[0].decode(), "secret": rig.SERVER[1].decode()},  # a key pair that is not admitted
}
SECURED = dict(patterns=("sub", "req"), mechanisms=("PLAIN", "CURVE"))


@pytest.mark.peers(**SECURED)
def test_credentials_that_are_not_good_are_refused_and_good_ones_work_meanwhile(
        name, pattern, mechanism, host, client, endpoint):
    served = host(**{"pub_bind" if pattern == "sub" else "router_bind": endpoint}, handshake=3000,
                  **rig.host_security(mechanism))  # zmq4 keeps a refused connection open
    good = client(name, pattern, endpoint, subscribe="t0.", **rig.client_security(mechanism))
    good.wait_messages(2)
    bad = client(name, pattern, endpoint, subscribe="t0.", **{**rig.client_security(mechanism), **WRONG[mechanism]})
    assert served.wait_event("failed")["ending"] == "refused"
    good.wait_messages(5, good.mark())
    assert not bad.messages()
    assert len(served.events("ready")) == 1


@pytest.mark.peers(patterns=("sub",), mechanisms=("CURVE",))
def test_a_peer_that_expects_another_server_key_does_not_get_in(name, pattern, mechanism, host, client, endpoint):
    served = host(pub_bind=endpoint, handshake=3000, **rig.host_security(mechanism))
    peer = client(name, pattern, endpoint, subscribe="t0.",
                  **{**rig.client_security(mechanism), "server": rig.CLIENT[0].decode()})
    assert served.wait_event("failed")["ending"] in ("crypto", "closed")
    assert not peer.messages() and not served.events("ready")


@pytest.mark.peers(patterns=("sub",), only=lambda peer: "PLAIN" in peer.mechanisms or peer.version != "3.1")
@pytest.mark.parametrize("required", ("PLAIN", "CURVE"))
def test_a_peer_without_security_does_not_get_in_where_some_is_required(
        name, pattern, mechanism, required, host, client, endpoint):
    served = host(pub_bind=endpoint, **rig.host_security(required))
    peer = client(name, pattern, endpoint, subscribe="t0.")
    failed = served.wait_event("failed")
    version = peers.PEERS[name].version
    assert failed["ending"] in (("version", "mechanism") if version == "2.0" else ("mechanism", "closed"))
    assert not peer.messages() and not served.events("ready")


@pytest.mark.peers(patterns=("sub",), mechanisms=("PLAIN", "CURVE"))
def test_a_peer_with_security_does_not_get_in_where_none_is_spoken(name, pattern, mechanism, host, client, endpoint):
    served = host(pub_bind=endpoint)
    peer = client(name, pattern, endpoint, subscribe="t0.", **rig.client_security(mechanism))
    assert served.wait_event("failed")["ending"] in ("mechanism", "closed")
    assert not peer.messages() and not served.events("ready")
