"""What the switch says about what happened: the audit, the log, `zmq status`."""

import json

import pytest

from conftest import channel_xml, config_xml, free_port, group_xml, service_xml, stream_xml, wait_until
from lookups import clients_of
from tool import ALL

LOOKERS = (("streams", "*"), ("events", "HEARTBEAT"), ("events", "CUSTOM/fszmq::audit"), ("services", "*"),
           ("methods", "*"), ("api", "status"), ("api", "uuid_setvar *"), ("variables", "*"))


class Switch:
    """An fszmqd with a stream, an API channel, a service `s` and a console."""

    def __init__(self, fszmqd, grants=ALL, settings=None):
        self.events, self.api = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        self.grants, self.settings = grants, settings
        self.daemon = fszmqd(config=self.config(), endpoint=self.events, calls_per_second=0, console=True)

    def config(self, **settings):
        return config_xml([stream_xml(binds=[self.events])], {**(self.settings or {}), **settings},
                          [channel_xml(binds=[self.api])], [group_xml("default", *self.grants)], [service_xml("s")])

    def audit(self):
        """The lines of the audit in the log."""
        return [line for line in self.daemon.log if "audit: " in line]


@pytest.fixture
def switch(fszmqd):
    return lambda *args, **options: Switch(fszmqd, *args, **options)


@pytest.fixture
def client():
    """Factory: client(switch) is a client of its API channel."""
    opened = []

    def connect(switch):
        opened.append(clients_of(switch.api))
        return opened[-1].__enter__()[0]

    yield connect
    for each in opened:
        each.__exit__(None, None, None)


def audit_of(subscriber, switch):
    """A subscriber that has its subscription to the audit, and is there for its next record."""
    audit = subscriber(switch.events, b'{"Event-Name":"CUSTOM","Event-Subclass":"fszmq::audit"')
    wait_until(lambda: json.loads(switch.daemon.command("zmq status json"))["streams"][0]["subscriptions"] == 1,
               "the subscription")
    return audit


def test_refused_subscription_is_in_the_audit_and_the_log(switch, subscriber):
    here = switch(LOOKERS)
    audit = audit_of(subscriber, here)
    subscriber(here.events, b'{"Event-Name":"CHANNEL_CREATE"')
    record = json.loads(audit.recv())
    while record["Audit-Action"] == "connect":
        record = json.loads(audit.recv())
    assert (record["Audit-Action"], record["Audit-Outcome"]) == ("subscribe", "refused")
    assert record["Audit-What"].startswith('{"Event-Name":"CHANNEL_CREATE"')
    assert record["Audit-Channel"] == "default" and record["Audit-Address"] == "127.0.0.1"
    here.daemon.wait_log("subscribe {\"Event-Name\":\"CHANNEL_CREATE\": refused")


def test_audit_of_what_changes_nothing_is_an_event_only(switch, client, subscriber):
    here = switch(LOOKERS)
    audit, asks, commands = audit_of(subscriber, here), client(here), 40
    for _ in range(commands):
        assert "result" in asks.call("api", command="status")
    assert "result" in asks.call("service.register", service="s", capacity=1)
    assert "result" in asks.call("service.register", service="s", capacity=1)  # renewed
    assert "error" in asks.call("api", command="system", arg="date")
    assert "result" in asks.call("service.register", service="s", capacity=2)  # changed
    assert "result" in asks.call("api", command="uuid_setvar", arg="none a b")
    here.daemon.wait_log("uuid_setvar none a b: ok")
    lines = [line.split("default: ")[1] for line in here.audit()]
    assert [line.split(":")[0] for line in lines] == [
        "service.register s", "api system date", "service.register s", "api uuid_setvar none a b"]
    records = []
    while len(records) < commands + 5:
        records.append(json.loads(audit.recv()))
        if records[-1]["Audit-Action"] == "connect":
            records.pop()
    assert [each["Audit-What"] for each in records].count("status") == commands
    assert [each["Audit-Action"] for each in records].count("service.register") == 3
