# SPDX-License-Identifier: MPL-2.0
"""The end of a background job is an event for every subscriber."""

import json

import pytest


def end_of_job(rig, job):
    while True:
        event = json.loads(rig.events.recv())
        if event["Event-Name"] == "BACKGROUND_JOB" and event["Job-UUID"] == job:
            return event


@pytest.mark.parametrize("arg,output", [("+OK done", "+OK done"), (None, ""), ("a\nb", "a\nb"),
                                        ("ARRAY::a|:b", "ARRAY::a|:b")])
def test_a_job_ends_with_the_event_of_freeswitch(callswitch, arg, output):
    rig = callswitch()
    client = rig.client()
    job = client.result("bgapi", command="echo", job="job-1", **({} if arg is None else {"arg": arg}))["job"]
    assert client.receive("job.done")["params"]["job"] == job
    event = end_of_job(rig, job)
    assert event["Job-Command"] == "echo" and event.get("_body", "") == output
    assert event.get("Job-Command-Arg") in (arg, None)
    if arg == "+OK done":
        assert event["Job-Command-Arg"] == arg


def test_a_command_that_fails_ends_with_the_event_too(callswitch):
    rig = callswitch()
    job = rig.control.result("bgapi", command="no_such_command")["job"]
    assert rig.control.receive("job.done")["params"]["status"] == "error"
    event = end_of_job(rig, job)
    assert event["_body"].startswith("-ERR no_such_command")
