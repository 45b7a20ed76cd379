# SPDX-License-Identifier: MPL-2.0
"""Phones and calls with XML only from a service: digest authentication, dialplan, phrases, voicemail."""

import itertools
import wave

import pytest

import phones
from services import NOT_FOUND, binding_xml, document, lookups_xml, params_of, service_xml, user_document
from switch import wait_until

DOMAIN = phones.DOMAIN

needs_sipp = pytest.mark.skipif(not phones.are_here(), reason=phones.MISSING)


@needs_sipp
def test_a_phone_registers_and_calls_with_its_password_from_a_python_service(switch, service, lookups):
    users = service()  # examples/python/directory.py
    lookups(users)
    assert phones.register(switch, "1000", "of 1000")
    assert f"1000@{DOMAIN}" in switch.api("sofia status profile phones reg")
    assert phones.call(switch, "1001", "of 1001", "short")


@needs_sipp
def test_a_phone_with_another_password_or_an_unknown_user_is_refused(switch, service, lookups):
    def answer(request):
        is_there = params_of(request).get("user") == "1009"
        return user_document(DOMAIN, "1009", "right") if is_there else NOT_FOUND

    lookups(service(answer))
    assert not phones.register(switch, "1009", "wrong")
    assert not phones.register(switch, "1002", "of 1002")
    assert not phones.call(switch, "1009", "wrong", "short")
    assert f"1009@{DOMAIN}" not in switch.api("sofia status profile phones reg")
    assert phones.register(switch, "1009", "right")
    assert f"1009@{DOMAIN}" in switch.api("sofia status profile phones reg")


@needs_sipp
def test_many_phones_register_at_once(switch, service, lookups):
    lookups(service(), cache_s=60, cache_params="user domain action")
    assert phones.register(switch, "1000", "of 1000", count=50, at_once=10)


def test_a_dialplan_is_served_call_by_call(switch, service, lookups):
    causes = ["USER_BUSY", "NO_ANSWER", "CALL_REJECTED"]
    turn = itertools.count()

    def answer(request):
        asked = params_of(request)
        if asked["Caller-Context"] != "served":
            return NOT_FOUND
        cause = causes[next(turn)]
        return document("dialplan", '<context name="served"><extension name="all"><condition '
                        f'field="destination_number" expression="^{asked["Hunt-Destination-Number"]}$">'
                        f'<action application="hangup" data="{cause}"/></condition></extension></context>')

    dialplan = service(answer)
    lookups(dialplan, sections="dialplan")
    answers = [switch.api(f"originate loopback/{number}/served &park()").strip() for number in (501, 502, 503)]
    assert answers == [f"-ERR {cause}" for cause in causes]
    numbers = [asked["Hunt-Destination-Number"] for asked in dialplan.asked_for(**{"Caller-Context": "served"})]
    assert numbers == ["501", "502", "503"]
    # Other numbers come from the switch's own dialplan.
    assert switch.api("originate loopback/short/default &sleep(50)").startswith("+OK")


def test_phrases_come_from_the_service_as_languages(switch, service, lookups):
    action = '<action function="execute" data="log(NOTICE phrase of the service: $1)"/>'
    macro = ('<language name="en" say-module="en"><phrases><macros><macro name="served"><input pattern="(.*)">'
             f"<match>{action}</match></input></macro></macros></phrases></language>")
    macros = service(lambda request: document("languages", macro))
    lookups(macros, sections="languages")
    mark = switch.log_mark()
    assert switch.api("originate loopback/hold/default &phrase(served,words)").startswith("+OK")
    switch.wait_log(mark, "phrase of the service: words")
    asked = macros.wait_asked(1, section="languages")
    assert asked[0]["macro_name"] == "served"


def test_voicemail_has_its_configuration_and_its_users_from_the_service(switch, service, lookups, tmp_path):
    # Not the phones' domain: mod_sofia would learn of the messages, and then does not end in 1.11.
    domain = "boxes." + DOMAIN

    def answer(request):
        if request["params"]["section"] == "directory":
            return document("directory", f'<domain name="{domain}"><groups><group name="all"><users><user id="1000">'
                            '<params><param name="vm-password" value="1"/></params></user></users></group></groups>'
                            "</domain>")
        if request["params"]["value"] != "voicemail.conf":
            return NOT_FOUND
        return document("configuration", '<configuration name="voicemail.conf"><profiles><profile name="default"/>'
                        "</profiles></configuration>")

    boxes = service(answer)
    lookups(boxes, sections="configuration directory", cache_s=60, cache_params="user domain purpose key")
    sound = tmp_path / "message.wav"
    with wave.open(str(sound), "wb") as out:
        out.setparams((1, 2, 8000, 8000, "NONE", ""))
        out.writeframes(b"\0\0" * 8000)
    assert switch.load("mod_voicemail") == "+OK"
    try:
        for count in range(1, 4):  # each of these changes the document
            assert switch.api(f"voicemail_inject 1000@{domain} {sound}").startswith("+OK")
            wait_until(lambda: switch.api(f"vm_boxcount 1000@{domain}").strip() == str(count), f"{count} messages")
        assert boxes.asked_for(section="directory", user="1000", purpose="publish-vm")
        assert "1" == switch.api(f"user_data 1000@{domain} param vm-password").strip()
    finally:
        switch.unload("mod_voicemail")


@needs_sipp
def test_sofia_and_acl_are_served_at_start(start_switch, service):
    """Neither is in a file."""
    phones_port = [0]

    def answer(request):
        name = request["params"].get("value")
        if name == "sofia.conf":
            settings = {"sip-ip": "127.0.0.1", "rtp-ip": "127.0.0.1", "sip-port": phones_port[0], "context": "default",
                        "auth-calls": "true", "challenge-realm": "auto_from", "apply-inbound-acl": "served"}
            params = "".join(f'<param name="{key}" value="{value}"/>' for key, value in settings.items())
            return document("configuration", '<configuration name="sofia.conf"><profiles><profile name="phones">'
                            f"<settings>{params}</settings></profile></profiles></configuration>")
        if name == "acl.conf":
            return document("configuration", '<configuration name="acl.conf"><network-lists><list name="served" '
                            'default="deny"><node type="allow" cidr="192.0.2.0/24"/></list></network-lists>'
                            "</configuration>")
        return NOT_FOUND

    served = service(answer)
    users = service()

    def edit(text):
        phones_port[0] = int(text.split('<profile name="phones">')[1].split('name="sip-port" value="')[1].split('"')[0])
        for name in ("acl.conf", "sofia.conf"):
            start = text.index(f'<configuration name="{name}">')
            end = text.index("</configuration>", start) + len("</configuration>")
            text = text[:start] + text[end:]
        return text.replace('<load module="mod_sofia"/>', '<load module="mod_event_zmq"/><load module="mod_sofia"/>')

    configuration = lookups_xml(
        [service_xml("files", served.endpoint), service_xml("users", users.endpoint)],
        [binding_xml("files", "files", "configuration", value="*.conf"), binding_xml("users", "users", "directory")])
    switch = start_switch(edit=edit, files={"autoload_configs/event_zmq.conf.xml": configuration})
    assert {"sofia.conf", "acl.conf"} <= {request["params"].get("value") for request in served.asked}
    assert switch.api("acl 192.0.2.7 served").strip() == "true"
    assert switch.api("acl 198.51.100.7 served").strip() == "false"
    wait_until(lambda: "RUNNING" in switch.api("sofia status"), "the profile that is served")
    assert phones.register(switch, "1000", "of 1000")
    assert switch.stop() == 0
