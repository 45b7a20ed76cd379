# SPDX-License-Identifier: MPL-2.0
"""Loading, and the zmq command."""

import json
import socket

import pytest

from switch import config_xml, free_port, stream_xml, wait_until

SUBCOMMANDS = ("status", "streams", "api", "reload", "help")


def usage(switch):
    """The usage, as in `zmq help me`."""
    return switch.api("zmq help me").strip().removeprefix("-USAGE: zmq ")


def test_loaded_module_lists_its_command_and_unloads(switch, publisher):
    publisher()
    assert set(SUBCOMMANDS) <= set(usage(switch).split())
    wait_until(lambda: f"{usage(switch)},mod_event_zmq" in switch.api("show api"), "the command")
    assert switch.unload().startswith("+OK")
    assert "-ERR zmq Command not found" in switch.api("zmq status")


def test_status_shows_the_bound_endpoint(switch, publisher):
    publisher(xml=config_xml(stream_xml("tcp://127.0.0.1:*")))
    endpoint = json.loads(switch.api("zmq status json"))["streams"][0]["endpoints"][0]
    assert endpoint["open"] is True and endpoint["address"] == "tcp://127.0.0.1:*"
    port = int(endpoint["bound"].rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port), 5).close()
    for command in ("zmq status", "zmq streams"):
        assert f"bind tcp://127.0.0.1:* as {endpoint['bound']}\n" in switch.api(command)


def test_status_json_counts_subscribers_events_and_bytes(switch, publisher, subscriber):
    endpoint = publisher()
    before = json.loads(switch.api("zmq status json"))
    assert before["host"] == "FreeSWITCH" and before["protocol"] == "fszmq/1"
    assert before["streams"][0]["subscribers"] == 0 and before["queue"]["pushed"] == 0
    events = subscriber(endpoint)
    sizes = [len(events.recv()) for _ in range(3)]
    after = json.loads(switch.api("zmq status json"))
    stream = after["streams"][0]
    assert stream["subscribers"] == 1 and stream["subscriptions"] == 1 and stream["connections"] == 1
    assert stream["events_sent"] >= 3 and stream["bytes_sent"] >= sum(sizes)
    assert after["queue"]["refused"] == {"low": 0, "normal": 0, "high": 0}
    assert after["access"]["admitted"] == 1 and after["access"]["refused"] == 0


def events_of_a_call(switch):
    """The counters of events after those of a call have come."""
    before = json.loads(switch.api("zmq status json"))["events"]["offered"]
    switch.api("originate loopback/short/default &sleep(50)")
    switch.wait_idle()
    wait_until(lambda: json.loads(switch.api("zmq status json"))["events"]["offered"] > before + 20, "its events")
    return json.loads(switch.api("zmq status json"))["events"]


def test_event_types_without_a_subscriber_are_not_written(switch, publisher, subscriber):
    endpoint = publisher()
    subscriber(endpoint, b'{"Event-Name":"NO_SUCH_EVENT"', wait=False)
    wait_until(lambda: json.loads(switch.api("zmq status json"))["streams"][0]["subscriptions"] == 1, "the subscription")
    written = [events_of_a_call(switch)["encoded"]]

    def the_last_call_wrote_nothing():
        written.append(events_of_a_call(switch)["encoded"])
        return written[-1] == written[-2]

    # The first event of a type may be written before it is known that no stream wants it.
    wait_until(the_last_call_wrote_nothing, "a call of which nothing is written")


def test_help_names_every_subcommand(switch, publisher):
    publisher()
    for line in (*SUBCOMMANDS, "status json"):
        assert f"zmq {line} " in switch.api("zmq help")
    assert switch.api("zmq") == switch.api("zmq help")


@pytest.mark.parametrize("line", ["nonsense", "status xml", "statusjson", "reload now"])
def test_unknown_subcommand_answers_usage(switch, publisher, line):
    publisher()
    answer = switch.api(f"zmq {line}")
    assert answer.startswith("-USAGE: zmq status [json] | streams |") and answer.strip().endswith("| help")


def test_console_completes_the_command_while_loaded(switch, publisher):
    publisher()
    # Another thread of the switch stores completions.
    wait_until(lambda: "reload" in switch.api("console_complete c=6;zmq re"), "the completion")
    found = switch.api("console_complete c=4;zmq ")
    assert all(word in found for word in SUBCOMMANDS), found
    switch.unload()
    wait_until(lambda: "streams" not in switch.api("console_complete c=4;zmq "), "the completion to go")


def test_without_configuration_defaults_listen_on_5556_and_5558(switch, subscriber):
    for port in (5556, 5558):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                pytest.skip(f"port {port} is taken on this machine")
    switch.configure(None)
    mark = switch.log_mark()
    assert switch.load() == "+OK"
    assert "using the defaults" in switch.wait_log(mark, "defaults")
    endpoint = json.loads(switch.api("zmq status json"))["streams"][0]["endpoints"][0]
    assert endpoint["address"] == "tcp://*:5556" and endpoint["open"] is True
    event = json.loads(subscriber("tcp://127.0.0.1:5556").recv())
    assert next(iter(event)) == "Event-Name"
    assert json.loads(subscriber("tcp://127.0.0.1:5558").recv_multipart()[1])["stream"] == "live"


def test_load_logs_the_admitted_addresses_and_how_to_open(switch, publisher):
    mark = switch.log_mark()
    endpoint = publisher()
    log = switch.wait_log(mark, "admits only")
    line = next(line for line in log.splitlines() if "admits only" in line)
    assert "[NOTICE]" in line and endpoint.rpartition(":")[2] in line
    assert "loopback.auto" in line and "apply-inbound-acl" in line


def test_an_open_stream_causes_a_warning(switch, publisher):
    mark = switch.log_mark()
    publisher(acl="any")
    assert "[WARNING]" in next(line for line in switch.wait_log(mark, "admits everybody").splitlines()
                               if "admits everybody" in line)


def test_a_taken_port_is_reported_and_other_streams_work(switch, publisher, subscriber):
    port = free_port()
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", port))
        owner.listen()
        mark = switch.log_mark()
        other = f"tcp://127.0.0.1:{free_port()}"
        publisher(xml=config_xml(stream_xml(f"tcp://127.0.0.1:{port}", name="taken"), stream_xml(other, name="free")))
        log = switch.wait_log(mark, "cannot bind")
        assert f"cannot bind tcp://127.0.0.1:{port}: port {port} is in use; find its owner with: ss -ltnp" in log
        subscriber(other)
    mark = switch.log_mark()
    switch.wait_log(mark, f"tcp://127.0.0.1:{port} is open now")
