# SPDX-License-Identifier: MPL-2.0
"""The module under AddressSanitizer and LeakSanitizer."""

import itertools
import json
import threading

import pytest

from apiload import ApiLoad
from sanitizer import OURS, reports
from services import binding_xml, lookups_xml, params_of, service_xml, user_document
from switch import PATIENCE_S, config_xml, free_port, stream_xml, wait_until
from test_api_rounds import configurations, one_round

ROUNDS = 15


@pytest.mark.timeout(600)
def test_rounds_under_calls_touch_no_wrong_memory_and_leak_none(sanitized, calls, watcher, tmp_path):
    switch = sanitized
    tcp, ipc = f"tcp://127.0.0.1:{free_port()}", f"ipc://{switch.folder}/events"
    good = config_xml(stream_xml(tcp, name="tcp", framing="envelope"), stream_xml(ipc, name="ipc"), linger_ms=0)
    other = config_xml(stream_xml(tcp, name="tcp", framing="envelope", send_hwm=500), linger_ms=0)
    bad = good.replace("envelope", "enveloppe")
    switch.configure(good)
    watched = [watcher(tcp, wait=False), watcher(ipc, wait=False)]
    load = calls(per_second=5, on=switch)
    for number in range(ROUNDS):
        switch.configuration.write_text(good)
        assert switch.load() == "+OK"
        if number == 0:
            for each in watched:
                each.wait_event()
        for text, answer in ((other, "+OK"), (bad, "-ERR"), (good, "+OK")):
            switch.configuration.write_text(text)
            assert switch.api("zmq reload").startswith(answer)
        assert json.loads(switch.api("zmq status json"))["reloads"] == 2
        if number == ROUNDS - 1:
            load.stop()
            switch.wait_idle()
            (tmp_path / "look").touch()
        assert switch.unload().startswith("+OK")
    wait_until(lambda: not (tmp_path / "look").exists(), "the look for leaks")
    assert switch.api("status").startswith("UP")
    check_reports(switch)


def check_reports(switch):
    found = reports(switch.output_path.read_text(errors="replace"))
    print(f"{ROUNDS} rounds; {len(found)} reports, of ours: {sum(map(bool, map(OURS.search, found)))}")
    assert any("lose_on_purpose" in text for text in found)  # the check has run
    assert not [text for text in found if OURS.search(text)]


@pytest.mark.timeout(600)
def test_rounds_under_requests_touch_no_wrong_memory_and_leak_none(sanitized, tmp_path):
    switch, endpoint = sanitized, f"tcp://127.0.0.1:{free_port()}"
    good, other, bad = configurations(endpoint)
    switch.configure(good)
    load = ApiLoad(endpoint)
    for _ in range(ROUNDS):
        one_round(switch, load, good, other, bad)
    switch.configuration.write_text(good)
    assert switch.load() == "+OK"
    before = load.answers
    wait_until(lambda: load.answers > before + 20, "answers")
    load.stop()
    switch.api("hupall")
    switch.wait_idle()
    wait_until(lambda: all(json.loads(switch.api("zmq status json"))["api"][pool]["stuck"] == 0
                           for pool in ("workers", "background")), "what is late to return")
    (tmp_path / "look").touch()
    assert switch.unload().startswith("+OK")
    wait_until(lambda: not (tmp_path / "look").exists(), "the look for leaks")
    assert switch.api("status").startswith("UP")
    check_reports(switch)


class Lookups:
    """Threads that look up users until stopped; `found` counts the results of each."""

    def __init__(self, switch, count=4):
        self.switch, self.found, self.ending = switch, [0] * count, threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        connection = self.switch.connect()
        for user in itertools.cycle(range(10)):
            if self.ending.is_set():
                break
            answer = connection.api(f"user_data {user}@example.org param password").strip()
            self.found[number] += answer == f"of {user}"
        connection.close()

    def wait(self, count=5):
        """Waits until each thread has found that many more."""
        before = list(self.found)
        wait_until(lambda: all(now >= then + count for now, then in zip(self.found, before)), "lookups")

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.mark.timeout(600)
def test_rounds_under_lookups_touch_no_wrong_memory_and_leak_none(sanitized, service, tmp_path):
    """Shared documents, unshared documents, garbage; with reload and unload in between."""
    switch, turns = sanitized, itertools.count()

    def answer(request):
        user = params_of(request).get("user", "")
        broken = next(turns) % 7 == 6
        return {"xml": "<document><broken"} if broken else user_document("example.org", user, f"of {user}")

    users = service(answer)
    kept, asked = (lookups_xml([service_xml("users", users.endpoint)],
                               [binding_xml("users", "users", "directory", cache_params="user domain", **keys)],
                               linger_ms=0)
                   for keys in ({"cache_s": 60, "stale_s": 60}, {}))
    switch.configure(kept)
    load = Lookups(switch)
    for number in range(ROUNDS):
        switch.configuration.write_text(kept)
        assert switch.load() == "+OK"
        load.wait()
        switch.configuration.write_text(asked)
        assert switch.api("zmq reload").startswith("+OK")
        load.wait()
        assert switch.api(f"xml_locate directory domain name {number}.example.org") != ""
        if number == ROUNDS - 1:
            load.stop()
            (tmp_path / "look").touch()
        assert switch.unload().startswith("+OK")
    wait_until(lambda: not (tmp_path / "look").exists(), "the look for leaks")
    assert switch.api("status").startswith("UP")
    check_reports(switch)
