# SPDX-License-Identifier: MPL-2.0
"""Mistakes in event_zmq.conf.xml, at load and at reload."""

import json
import socket

import pytest

from switch import config_xml, free_port, stream_xml

MISTAKES = {
    "number": ('<param name="queue-events" value="none"/>', ("queue-events", "none", "1 to 10000000")),
    "range": ('<param name="io-threads" value="99"/>', ("io-threads", "99", "1 to 16")),
    "key": ('<param name="queue-evens" value="5"/>', ("queue-evens is not known; did you mean queue-events?",)),
    "scope": ('<param name="send-hwm" value="5"/>', ("send-hwm belongs in <stream>",)),
    "twice": ('<param name="linger-ms" value="5"/>\n<param name="linger-ms" value="6"/>', ("linger-ms", "more than once")),
}


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
            return True
        except OSError:
            return False


def with_settings(inner):
    xml = config_xml(stream_xml(f"tcp://127.0.0.1:{free_port()}"))
    return xml.replace("</settings>", inner + "</settings>")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_load_refuses_a_mistake_and_names_it(switch, mistake):
    inner, words = MISTAKES[mistake]
    switch.configure(with_settings(inner))
    mark = switch.log_mark()
    assert switch.load().startswith("-ERR")
    log = switch.wait_log(mark, "mod_event_zmq not loaded")
    lines = [line for line in log.splitlines() if "[ERR]" in line and "event_zmq.conf: " in line]
    assert len(lines) == 1 and all(word in lines[0] for word in words), log
    assert not switch.is_loaded()


def test_load_reports_every_mistake_at_once(switch):
    stream = stream_xml("tcp://127.0.0.1:99999", framing="xml", events="CHANNEL_*", send_hwm="-1",
                        inner='<filter match="all"><header name="X" matches="("/></filter>\n')
    switch.configure(config_xml(stream, queue_events="0"))
    mark = switch.log_mark()
    assert switch.load().startswith("-ERR")
    log = switch.wait_log(mark, "mod_event_zmq not loaded")
    for words in (("queue-events", "0"), ("bind", "tcp://127.0.0.1:99999", "port"), ("framing", "xml", "envelope"),
                  ("send-hwm", "-1"), ("matches",)):
        assert any(all(word in line for word in words) for line in log.splitlines() if "[ERR]" in line), (words, log)


def test_a_bad_reload_changes_nothing_and_says_why(switch, publisher, subscriber):
    endpoint = publisher(framing="envelope")
    events = subscriber(endpoint)
    epoch = json.loads(events.recv_multipart()[1])["epoch"]
    before = json.loads(switch.api("zmq status json"))["streams"][0]["endpoints"]
    switch.configuration.write_text(config_xml(stream_xml("tcp://127.0.0.1:*", framing="enveloppe")))
    answer = switch.api("zmq reload")
    assert answer.startswith("-ERR nothing has changed")
    assert all(word in answer for word in ("framing", "enveloppe", "json", "envelope")), answer
    after = json.loads(switch.api("zmq status json"))
    assert after["streams"][0]["endpoints"] == before and after["reloads"] == 0
    assert "enveloppe" in after["reload_refused"]["first"]
    assert "reload   REFUSED" in switch.api("zmq status")
    seq = None
    for _ in range(5):
        topic, meta, _ = events.recv_multipart()
        meta = json.loads(meta)
        assert meta["epoch"] == epoch
        if not topic.startswith(b"."):
            assert seq is None or meta["seq"] == seq + 1
            seq = meta["seq"]


def test_a_reload_to_a_taken_port_changes_nothing(switch, publisher, subscriber):
    endpoint = publisher()
    events = subscriber(endpoint)
    with_sip = f"tcp://127.0.0.1:{switch.event_socket_port}"
    switch.configuration.write_text(config_xml(stream_xml(endpoint), stream_xml(with_sip, name="second")))
    answer = switch.api("zmq reload")
    assert answer.startswith("-ERR nothing has changed") and f"{with_sip}: port {switch.event_socket_port} is in use" in answer
    events.recv()
    assert len(json.loads(switch.api("zmq status json"))["streams"]) == 1


def test_broken_xml_changes_nothing(switch, publisher, subscriber):
    endpoint = publisher()
    events = subscriber(endpoint)
    good = switch.configuration.read_text()
    switch.configuration.write_text(good.replace("</streams>", "</stream>"))
    answer = switch.api("zmq reload")
    switch.configuration.write_text(good)
    assert answer.startswith("-ERR nothing has changed"), answer
    assert "XML" in answer or "error" in answer.lower(), answer
    events.recv()
    assert switch.api("zmq reload").startswith("+OK")


def test_a_reload_without_a_file_changes_nothing_where_there_was_one(switch, publisher, subscriber):
    endpoint = publisher(framing="envelope")
    events = subscriber(endpoint)
    good = switch.configuration.read_text()
    before = json.loads(switch.api("zmq status json"))["streams"]
    switch.configuration.unlink()
    answer = switch.api("zmq reload")
    assert answer.startswith("-ERR nothing has changed") and "no event_zmq.conf found" in answer, answer
    after = json.loads(switch.api("zmq status json"))
    assert after["reloads"] == 0
    assert [each["endpoints"] for each in after["streams"]] == [each["endpoints"] for each in before]
    events.recv_multipart()
    switch.configuration.write_text(good)
    assert switch.api("zmq reload") == "+OK reloaded\n"


def test_a_reload_without_a_file_stays_with_the_defaults(switch, subscriber):
    ports = (5556, 5557, 5558)
    if not all(is_free(port) for port in ports):
        pytest.skip("port 5556, 5557 or 5558 is taken on this machine")
    switch.configure(None)
    assert switch.load() == "+OK"
    assert switch.api("zmq reload") == "+OK reloaded\n"
    subscriber("tcp://127.0.0.1:5556")
    switch.configuration.write_text(config_xml(stream_xml(f"tcp://127.0.0.1:{free_port()}")))
    assert switch.api("zmq reload") == "+OK reloaded\n"
    switch.configuration.unlink()
    assert switch.api("zmq reload").startswith("-ERR nothing has changed")
    status = json.loads(switch.api("zmq status json"))
    assert status["reloads"] == 2 and "5556" not in status["streams"][0]["endpoints"][0]["address"]


def test_a_good_reload_keeps_subscribers_numbers_and_adds_a_stream(switch, publisher, watcher, subscriber):
    endpoint = publisher(framing="envelope")
    watched = watcher(endpoint)
    second = f"tcp://127.0.0.1:{free_port()}"
    switch.configuration.write_text(
        config_xml(stream_xml(endpoint, framing="envelope"), stream_xml(second, name="second"), queue_events=5000))
    assert switch.api("zmq reload") == "+OK reloaded\n"
    subscriber(second)
    status = json.loads(switch.api("zmq status json"))
    assert status["reloads"] == 1 and status["queue"]["events_max"] == 5000
    switch.api("originate loopback/short/default &sleep(50)")
    end = watched.finish()
    assert end["epochs"] == 1 and end["lost"] == 0 and end["received"] > 0


def test_names_of_events_are_those_of_the_switch(switch, publisher):
    """Names as in FreeSWITCH's sources and event socket are understood; an unknown name is a warning."""
    publisher(events="ALL")
    known = [name for name in switch.api("zmq status").splitlines() if name.startswith("warning")]
    assert not known
    switch.configuration.write_text(config_xml(stream_xml("tcp://127.0.0.1:*", events="SWITCH_EVENT_DTMF CHANEL_PARK")))
    mark = switch.log_mark()
    assert switch.api("zmq reload").startswith("+OK")
    assert "did you mean CHANNEL_PARK?" in switch.wait_log(mark, "have no event CHANEL_PARK")
    assert "CHANEL_PARK" in switch.api("zmq status")
    switch.configuration.write_text(config_xml(stream_xml("tcp://127.0.0.1:*", events="CUSTOM sofia::register")))
    assert "write CUSTOM/sofia::register" in switch.api("zmq reload")
