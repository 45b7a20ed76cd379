#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Makes sim/data/flows.jsonl from captured events, one JSON object per line.

    tools/make-flows.py CAPTURE.jsonl > sim/data/flows.jsonl

A flow is one line that describes it, followed by its events. A null in an event stands for the value of
that header in an earlier event of the same leg. docs/simulated-switch.md lists the values that a replay changes.
"""

import copy
import json
import re
import sys

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def texts(value):
    return value if isinstance(value, list) else [value]


def uuids_of(event):
    core = event["Core-UUID"]
    found = [u for v in event.values() for text in texts(v) for u in UUID.findall(text)]
    return [u for u in dict.fromkeys(found) if u != core]


def calls_of(events):
    """Lists of events of legs that name each other, in the order of the capture."""
    group = {}
    for event in events:
        if "Unique-ID" not in event:
            continue
        members = set(uuids_of(event))
        for uuid in list(members):
            members |= group.get(uuid, set())
        for uuid in members:
            group[uuid] = members
    calls = {}
    for event in events:
        if "Unique-ID" in event:
            calls.setdefault(id(group[event["Unique-ID"]]), []).append(event)
    return list(calls.values())


def is_complete(call):
    legs = {e["Unique-ID"] for e in call}
    of = lambda name: {e["Unique-ID"] for e in call if e["Event-Name"] == name}
    return legs == of("CHANNEL_CREATE") == of("CHANNEL_DESTROY")


def runs(call, *apps, to=None):
    ran = {e.get("Application") for e in call if e["Event-Name"] == "CHANNEL_EXECUTE"}
    numbers = {e.get("Caller-Destination-Number") for e in call}
    return ran == set(apps) and (to is None or to in numbers)


def rewrite(events, changes):
    """Copies of events with texts replaced, such as the UUIDs of one call by those of another."""
    text = json.dumps(events)
    for old, new in changes.items():
        text = text.replace(old, new)
    return json.loads(text)


def shift(events, delta_us):
    """Copies of events, delta_us later: changes every time in microseconds."""
    text = re.sub(r'"(179\d{13})"', lambda m: f'"{int(m[1]) + delta_us}"', json.dumps(events))
    return json.loads(text)


def legs_of(events):
    return list(dict.fromkeys(e["Unique-ID"] for e in events if "Unique-ID" in e))


def conference(partial, loopback, events):
    """The capture begins within the conference call. The call to 1001 provides its set-up: both are the same up to
    the application."""
    first = next(i for i, e in enumerate(loopback) if e["Event-Name"] == "CALL_UPDATE")
    setup = [e for e in loopback[:first] if e["Event-Name"] not in ("CHANNEL_PARK",)]
    a, b = legs_of(partial)
    old_a, old_b = legs_of(loopback)
    created = int(partial[0]["Caller-Channel-Created-Time"])
    setup = shift(setup, created - int(setup[0]["Event-Date-Timestamp"]))
    setup = rewrite(setup, {old_a: a, old_b: b, "1001": "1004"})
    for event in setup:
        if event.get("Application") == "park":
            event.update({"Application": "conference", "Application-Data": "lab@default"})
            event["variable_current_application"] = "conference"
    of_room = lambda e: e.get("login") == "lab" or e.get("Conference-Name") == "lab"
    room = [e for e in events if e in partial or ("Unique-ID" not in e and of_room(e))]
    return setup + room


def parked(loopback):
    """The call to 1001 without the actions on it while it was parked."""
    a = legs_of(loopback)[0]
    names = [e["Event-Name"] for e in loopback]
    hold = max(i for i, n in enumerate(names) if n == "CHANNEL_PARK") + 1
    hangup = names.index("CHANNEL_HANGUP")
    before, after = loopback[:hold], copy.deepcopy(loopback[hangup:])
    after = [e for e in after if e.get("Application") != "hangup"]
    for event in after:
        if event["Unique-ID"] != a:
            continue
        for name in list(event):
            if re.match(r"variable_(transfer|playback|broadcast|hold_music|foo|weird)|Caller-Transfer-S", name):
                del event[name]
        for name in ("variable_current_application", "variable_last_app"):
            if name in event:
                event[name] = "park"
        for name in ("Caller-Channel-Last-Hold", "Caller-Channel-Transfer-Time"):
            if name in event:
                event[name] = "0"
    return before, after


def served(call):
    """A call for an application: from routing to the answer, and the hangup. The applications that it ran are left
    out; the answer comes when an application answers the call."""
    events = copy.deepcopy([e for e in call if not e["Event-Name"].startswith("CHANNEL_EXECUTE")])
    answer = [e["Event-Name"] for e in events].index("CHANNEL_ANSWER")
    for event in events[:answer]:
        event.update({name: value for name, value in events[0].items() if name.startswith("Event-Date-")})
    for event in events:
        for name in ("variable_current_application", "variable_last_app"):
            event.pop(name, None)
    return events, answer


def tokens_of(events):
    """The values other than UUIDs that SIP makes for each call: the number in the Call-ID of sipp, and the tags."""
    found = []
    for event in events:
        call_id = event.get("variable_sip_call_id", "")
        found += re.findall(r"^\d+-(\d+)@", call_id)
        found += [event["variable_sip_to_tag"]] if "variable_sip_to_tag" in event else []
    return list(dict.fromkeys(found))


def thin(events):
    last = {}
    for event in events:
        seen = last.setdefault(event.get("Unique-ID"), {})
        line = {k: None if k != "Unique-ID" and seen.get(k) == v else v for k, v in event.items()}
        seen.update(event)
        yield line


def write(name, events, **facts):
    fresh = list(dict.fromkeys(u for e in events for u in uuids_of(e))) + tokens_of(events)
    legs = legs_of(events)
    head = {"flow": name, **facts, "legs": legs, "fresh": legs + [u for u in fresh if u not in legs]}
    for line in (head, *thin(events)):
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def pick(calls, *apps, to=None):
    return next(c for c in calls if is_complete(c) and runs(c, *apps, to=to))


def main():
    events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    calls = calls_of(events)
    loopback = next(c for c in calls if is_complete(c) and any(e["Event-Name"] == "DTMF" for e in c))
    partial = next(c for c in calls if runs(c, "conference"))
    by = lambda name: [e for e in events if e["Event-Name"] == name and "Unique-ID" not in e]
    write("echo", pick(calls, "answer", "echo"), weight=6)
    write("bridge", pick(calls, "bridge", "answer", "sleep"), weight=4)
    write("unknown", pick(calls, to="9999"), weight=1)
    write("loopback", loopback, weight=2, dest="1001")
    write("conference", conference(partial, loopback, events), weight=1)
    before, after = parked(loopback)
    write("park", before + after, weight=0, hold_after=len(before), dest="1001", app="park")
    events_served, answer = served(pick(calls, "answer", "echo"))
    write("service", events_served, weight=0, hold_after=answer, dest="1002")
    beat = by("HEARTBEAT")[0]
    again = next(e for e in by("RE_SCHEDULE") if e["Event-Date-Timestamp"] == beat["Event-Date-Timestamp"])
    write("heartbeat", [beat, again], every_s=20)
    job = by("BACKGROUND_JOB")[0]
    status = [e for e in by("API") if e["Event-Date-Timestamp"] == job["Event-Date-Timestamp"]
              and "status" in (e["API-Command"], e.get("API-Command-Argument")) and e["API-Command"] != "sofia"]
    write("job", [*status, job], every_s=60)


main()
