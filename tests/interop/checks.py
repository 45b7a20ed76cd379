"""What must be so of the messages that a peer printed."""

import re


def published_number(frames):
    """The number of a message of topic t0. or t1., whose frames are checked on the way."""
    if len(frames) == 1:
        number = int(frames[0].split(".")[1])
        assert number % 2 == 0, frames
        return number
    number = int(frames[1])
    assert number % 2 == 1 and frames[0] in ("t0.", "t1.") and frames[2:] == ["-", f"body-{number}"], frames
    return number


def no_holes(messages, topic="t0."):
    """Messages of one topic and one host: each number once, in order, none missing."""
    assert messages and all(frames[0].startswith(topic) for frames in messages), messages
    numbers = [published_number(frames) for frames in messages]
    holes = [pair for pair in zip(numbers, numbers[1:]) if pair[1] != pair[0] + 1]
    assert not holes, f"of {len(numbers)} messages, breaks at {holes[:5]}"


def by_host(messages, second):
    """Messages of one host, and of the one after it, whose numbers begin at `second`."""
    before = [frames for frames in messages if published_number(frames) < second]
    assert messages[:len(before)] == before, "messages of two hosts are mixed"
    return before, messages[len(before):]


def answered_numbers(messages):
    """The numbers of the answers that a client got, which are checked on the way."""
    found = []
    for frames in messages:
        number = int(re.fullmatch(r"request-(\d+)", frames[-1])[1])
        assert frames[:-1] in ([], [f"env-{number}", "-"]), frames
        found.append(number)
    return found


def answers(messages):
    """Each request is answered at most once, and in order."""
    numbers = answered_numbers(messages)
    assert numbers == sorted(set(numbers)), numbers


def all_answers(numbers):
    """None is missing."""
    assert numbers == list(range(len(numbers))), numbers


def question_numbers(events):
    """The numbers of the answers to a host's questions, which are checked on the way."""
    assert all(event["frames"][0] == "" and event["frames"][1].startswith("question-") for event in events), events
    return [int(event["frames"][1].removeprefix("question-")) for event in events]
