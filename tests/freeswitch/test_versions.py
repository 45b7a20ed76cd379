# SPDX-License-Identifier: MPL-2.0
"""One module for every release: built against each FreeSWITCH of FSZ_FREESWITCHES, it runs in each.

Some tests of the other files run here for every pair; `switch` is then the switch of that pair."""

import hashlib
import json
import re
import shlex
import subprocess

import pytest

import test_api
import test_calls_control
import test_calls_offer
import test_calls_wait
import test_command
import test_events
import test_originate
import test_xml_lookup
from switch import MODULE, Installation

NAMED = Installation.named()
PAIRS = [(built, core) for built in NAMED for core in NAMED]
FEW = "needs two FreeSWITCHes: set FSZ_FREESWITCHES=/a/prefix:/another/prefix"
NOTHING = pytest.param(None, marks=pytest.mark.skip(reason=FEW))

pytestmark = pytest.mark.skipif(len(NAMED) < 2, reason=FEW)

publisher_events, comparison = test_api.publisher_events, test_events.comparison
controlled = test_calls_control.controlled

test_status = test_command.test_status_json_counts_subscribers_events_and_bytes
test_call_events = test_events.test_call_events_are_those_of_mod_event_socket
test_jobs = test_events.test_background_jobs_have_their_output_as_body
test_any_bytes = test_events.test_headers_and_bodies_of_any_bytes_arrive
test_hello = test_api.test_hello_identifies_the_switch
test_output = test_api.test_api_output_is_the_switchs_and_has_a_status
test_json_api = test_api.test_json_api_replies_like_the_switch
test_execute = test_api.test_execute_waits_for_its_own_end_on_one_call
test_hangup = test_api.test_hangup_has_its_cause_and_refuses_an_unknown_one
test_variables = test_api.test_variables_are_set_and_read
test_transfer = test_api.test_transfer_of_both_legs_and_of_the_other_one
test_sent_event = test_api.test_sent_event_reaches_the_switch_and_its_streams
test_offer = test_calls_offer.test_offer_has_the_data_of_the_call_as_in_events
test_hung_up = test_calls_offer.test_then_hangup_ends_the_call_with_its_cause
test_prompt = test_calls_control.test_answer_prompt_and_goodbye
test_digits = test_calls_control.test_digits_are_collected_and_reported
test_digits_between = test_calls_control.test_digits_between_applications_are_reported_too
test_break = test_calls_control.test_break_ends_the_application_and_not_the_queue
test_lock = test_calls_control.test_urgent_goes_ahead_of_applications_queued_behind_a_lock
test_bridge = test_calls_control.test_two_controlled_calls_are_bridged_and_control_of_both_ends
test_no_trap = test_calls_control.test_park_of_a_controlled_call_is_harmless
test_loss = test_calls_wait.test_loss_of_the_worker
test_originate_to = test_originate.test_an_answered_call_goes_to_the_application_or_the_extension
test_no_answer = test_originate.test_an_unanswered_call_has_its_cause
test_user = test_xml_lookup.test_a_domain_and_a_user_come_from_the_service
test_sections = test_xml_lookup.test_each_section_is_looked_up_by_its_name
test_kept = test_xml_lookup.test_many_threads_share_a_kept_document


def name_of(pair):
    return f"{pair[0].release}-in-{pair[1].release}" if pair else "none"


@pytest.fixture(scope="module", params=PAIRS if len(NAMED) > 1 else [NOTHING], ids=name_of)
def pair(request):
    return request.param


@pytest.fixture(scope="module")
def shared_switch(pair, start_switch):
    built, core = pair
    started = start_switch(on=core, module=built.build_own() / MODULE)
    yield started
    started.stop()


def test_both_releases_are_shown(switch, publisher, pair):
    built, core = pair
    mark = switch.log_mark()
    publisher()
    switch.wait_log(mark, f"built against FreeSWITCH {built.release}, runs in FreeSWITCH {core.release}")
    status = json.loads(switch.api("zmq status json"))
    assert status["switch"] == {"version": core.release, "built_against": built.release}
    assert f"release {core.release}; the module was built against {built.release}" in switch.api("zmq status")
    assert status["troubles"] == []


def test_the_last_types_of_the_enum_arrive_too(switch, publisher, subscriber, pair):
    sub, control = subscriber(publisher()), switch.connect()
    types = ["DEVICE_STATE", "TEXT", "SHUTDOWN_REQUESTED"]
    if tuple(map(int, pair[1].release.split("."))) >= (1, 11, 1):
        types.append("CERT_RELOAD")
    for name in types:
        assert "+OK" in control.command(f"sendevent {name}\nTests-Own: yes")
    control.close()
    missing = set(types)
    while missing:
        event = json.loads(sub.recv())
        if event.get("Tests-Own") == "yes":
            missing.remove(event["Event-Name"])


def objects(installation, folder):
    """{source: digest of its object} of src/module, built against those headers, without the release's name."""
    folder.mkdir()
    commands = json.loads((installation.build_own() / "compile_commands.json").read_text())
    found = {}
    for command in commands:
        source = command["file"].rpartition("/src/module/")[2]
        if source == command["file"]:
            continue
        target = folder / (source + ".o")
        text = re.sub(r'(-DFSZ_FREESWITCH_VERSION=)\S+', r'\1\\"x\\"', command["command"])
        words = [word for word in shlex.split(text) if word != "-g"]
        words[words.index("-o") + 1] = str(target)
        subprocess.run(words, cwd=command["directory"], check=True)
        found[source] = hashlib.sha256(target.read_bytes()).hexdigest()
    return found


def test_the_headers_of_every_release_give_the_same_code(tmp_path):
    """No number and no offset of a release is compiled in."""
    digests = {each.release: objects(each, tmp_path / each.release) for each in NAMED}
    first = digests[NAMED[0].release]
    assert len(first) > 10
    for release, found in digests.items():
        assert found == first, (release, [source for source in first if found.get(source) != first[source]])


def test_another_pkg_config_path_gives_other_headers(tmp_path):
    """Also in a build folder that was configured for another one."""
    for each in (*NAMED[:2], NAMED[0]):
        each.run("cmake", "--preset", "dev", "-B", str(tmp_path), "-DBUILD_TESTING=OFF")
        commands = (tmp_path / "compile_commands.json").read_text()
        headers = each.pkg_config("--variable=includedir", "freeswitch")
        assert re.findall(r"-isystem (\S+freeswitch) ", commands)[:1] == [headers]
        assert f'FSZ_FREESWITCH_VERSION=\\\\\\"{each.release}\\\\\\"' in commands
