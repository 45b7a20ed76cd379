# SPDX-License-Identifier: MPL-2.0
"""Checks of the messages that a peer printed."""

import re


def published_number(frames):
    """Checks the frames of a message of topic t0. or t1.; returns its number."""
    if len(frames) == 1:
        number = int(frames[0].split(".")[1])
        assert number % 2 == 0, frames
        return number
    number = int(frames[1])
    assert number % 2 == 1 and frames[0] in ("t0.", "t1.") and frames[2:] == ["-", f"body-{number}"], frames
    return number


def no_holes(messages, topic="t0."):
    """Messages of one topic and one host: every number once, in order."""
    assert messages and all(frames[0].startswith(topic) for frames in messages), messages
    numbers = [published_number(frames) for frames in messages]
    holes = [pair for pair in zip(numbers, numbers[1:]) if pair[1] != pair[0] + 1]
    assert not holes, f"of {len(numbers)} messages, breaks at {holes[:5]}"


def by_host(messages, second):
    """Messages of one host, then of the next one, whose numbers begin at `second`."""
    before = [frames for frames in messages if published_number(frames) < second]
    assert messages[:len(before)] == before, "messages of two hosts are mixed"
    return before, messages[len(before):]


def answered_numbers(messages):
    """Checks the replies that a client got; returns their numbers."""
    found = []
    for frames in messages:
        number = int(re.fullmatch(r"request-(\d+)", frames[-1])[1])
        assert frames[:-1] in ([], [f"env-{number}", "-"]), frames
        found.append(number)
    return found


def answers(messages):
    """Each request gets at most one reply, in order."""
    numbers = answered_numbers(messages)
    assert numbers == sorted(set(numbers)), numbers


def all_answers(numbers):
    """No reply is missing."""
    assert numbers == list(range(len(numbers))), numbers


def question_numbers(events):
    """Checks the replies to a host's requests; returns their numbers."""
    assert all(event["frames"][0] == "" and event["frames"][1].startswith("question-") for event in events), events
    return [int(event["frames"][1].removeprefix("question-")) for event in events]
