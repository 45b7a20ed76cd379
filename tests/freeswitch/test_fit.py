# SPDX-License-Identifier: MPL-2.0
"""A FreeSWITCH that does not fit the module, or that blocks it: what the module reports.

other_numbers.c makes a FreeSWITCH look like another release."""

import json
import time

import pytest

from callfixtures import Served, call_service_xml
from switch import config_xml, free_port, stream_xml, wait_until

ALARM_S = 90  # limit; it takes half a minute
QUIET_S = 60  # long enough for an alarm
NO_EVENTS = "NO EVENTS COME FROM THE SWITCH"


class Pretender:
    """A switch, and a function that sets the differences that it shows."""

    def __init__(self, switch, path):
        self.switch, self.path = switch, path

    def pretend(self, what):
        self.path.write_text(what)

    def troubles(self):
        return json.loads(self.switch.api("zmq status json"))["troubles"]


@pytest.fixture(scope="module")
def pretending(start_switch, installation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other-numbers")
    library = installation.build_library("other_numbers.c", folder)
    path = folder / "pretend"
    path.write_text("")
    # Without heartbeats, only calls have events.
    yield Pretender(start_switch(env={"LD_PRELOAD": str(library), "FSZ_OTHER_NUMBERS": str(path)},
                                 settings={"event-heartbeat-interval": "3600"}), path)


@pytest.fixture
def pretender(pretending):
    yield pretending
    pretending.pretend("")
    pretending.switch.api("hupall")
    pretending.switch.wait_idle()
    if pretending.switch.is_loaded():
        assert pretending.switch.unload().startswith("+OK")


def configure(switch):
    switch.configure(config_xml(stream_xml(f"tcp://127.0.0.1:{free_port()}")))


@pytest.mark.parametrize("what, expected", [
    ("ALL one too low", "it binds to all events, but no event comes"),
    ("no COMMAND", "it has no COMMAND"),
    ("a flag more after CF_BREAK", "different channel flags"),
    ("a state more", "different channel states"),
    ("another event", "different fields of an event"),
    ("another XML", "different fields of an XML element"),
])
def test_a_release_that_does_not_fit_is_refused_with_what_differs(pretender, installation, what, expected):
    switch = pretender.switch
    configure(switch)
    mark = switch.log_mark()
    pretender.pretend(what)
    assert switch.load().startswith("-ERR")
    assert not switch.is_loaded()
    switch.wait_log(mark, f"and does not fit the running FreeSWITCH {installation.release}: {expected}")
    pretender.pretend("")
    assert switch.load() == "+OK"


def test_calls_without_events_raise_an_alarm_that_ends_with_them(pretender):
    switch = pretender.switch
    configure(switch)
    assert switch.load() == "+OK"
    mark = switch.log_mark()
    pretender.pretend("deaf")

    def alarm():  # makes calls until the alarm: events before the last one are not missing
        assert switch.api("originate loopback/short/default &hangup()").startswith("+OK")
        return pretender.troubles()

    wait_until(alarm, "the alarm in the status", ALARM_S)
    assert [text[: len(NO_EVENTS)] for text in pretender.troubles()] == [NO_EVENTS]
    assert f"TROUBLE  {NO_EVENTS}" in switch.api("zmq status")
    assert switch.wait_log(mark, NO_EVENTS).count(NO_EVENTS) == 1
    pretender.pretend("")
    switch.wait_idle()
    switch.api("originate loopback/short/default &hangup()")
    wait_until(lambda: not pretender.troubles(), "the end of the alarm")
    assert "events come from the switch again" in switch.log_since(mark)


def test_it_also_fits_while_the_switch_starts(start_switch, subscriber):
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    switch = start_switch(files={"autoload_configs/event_zmq.conf.xml": config_xml(stream_xml(endpoint))},
                          edit=lambda text: text.replace("</modules>", '<load module="mod_event_zmq"/></modules>'))
    assert switch.is_loaded()
    assert json.loads(subscriber(endpoint).recv())["Event-Name"]
    assert json.loads(switch.api("zmq status json"))["troubles"] == []
    switch.stop()


def assert_quiet(pretender, mark, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert pretender.troubles() == []
        time.sleep(1)
    assert NO_EVENTS not in pretender.switch.log_since(mark)


@pytest.mark.soak
def test_a_switch_without_calls_and_events_raises_no_alarm(pretender):
    switch = pretender.switch
    configure(switch)
    assert switch.load() == "+OK"
    mark = switch.log_mark()
    pretender.pretend("deaf")
    assert_quiet(pretender, mark, QUIET_S)


@pytest.mark.soak
def test_a_switch_whose_events_come_late_raises_no_alarm(pretender):
    switch = pretender.switch
    configure(switch)
    assert switch.load() == "+OK"
    mark = switch.log_mark()
    pretender.pretend("slow")
    for _ in range(30):  # several thousand events, ten per second
        switch.api("originate loopback/hold/default &park()")
    switch.api("hupall")
    assert_quiet(pretender, mark, QUIET_S)


# ---- <interface-allowlist> ---------------------------------------------------------------------


@pytest.fixture
def allowing(start_switch, installation):
    """Factory: a switch that allows the interfaces that it needs, and these."""
    if tuple(map(int, installation.release.split("."))) < (1, 11, 2):
        pytest.skip(f"FreeSWITCH {installation.release} has no <interface-allowlist>")

    def start(*names):
        names = ("mod_commands", "mod_dptools", "mod_event_socket", *names)
        allowed = "".join(f'<allow name="{name}"/>' for name in names)
        return start_switch(edit=lambda text: text.replace(
            "</settings>", f"</settings><interface-allowlist>{allowed}</interface-allowlist>", 1))

    return start


@pytest.mark.parametrize("allowed, refused", [
    (["mod_event_zmq.zmq.api"], ["application"]),
    (["mod_event_zmq.zmq.app"], ["API command"]),
    ([], ["API command", "application"]),
    (["mod_event_zmq"], []),
])
def test_an_interface_that_the_allowlist_refuses_is_named(allowing, connect, allowed, refused):
    switch = allowing(*allowed)
    served = Served(switch)
    switch.configure(served.text(call_service_xml()))
    mark = switch.log_mark()
    assert switch.load() == "+OK"
    lines = [f"FreeSWITCH has refused the {what} zmq" for what in refused]
    for line in lines:
        switch.wait_log(mark, line)
    api = connect(served.api_socket)
    wait_until(lambda: len(api.call("server.stats")["troubles"]) >= len(refused), "the troubles")
    troubles = api.call("server.stats")["troubles"]
    assert len(troubles) == len(refused)
    assert all(text.startswith(line) for text, line in zip(troubles, lines))
    assert all('<allow name="mod_event_zmq"/>' in text for text in troubles)
    assert switch.unload().startswith("+OK")
    switch.stop()
