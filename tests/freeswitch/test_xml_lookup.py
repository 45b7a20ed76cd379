# SPDX-License-Identifier: MPL-2.0
"""FreeSWITCH's lookups from a service: each section, bindings and failures, the cache."""

import xml.etree.ElementTree as ElementTree

import pytest

from services import (NOT_FOUND, binding_xml, document, lookups_xml, params_of, service_xml, user_document)
from switch import config_xml, free_port, stream_xml, wait_until

DOMAIN = "example.org"
MISSING = "can't find anything"


def locate(switch, value=DOMAIN, section="directory", tag="domain", key="name"):
    return switch.api(f"xml_locate {section} {tag} {key} {value}").strip()


def password(switch, user="1000", domain=DOMAIN):
    return switch.api(f"user_data {user}@{domain} param password").strip()


def directory(request):
    asked = params_of(request)
    user = asked.get("user", "nobody")
    return user_document(request["params"].get("value", ""), user, f"of {user}")


def test_a_domain_and_a_user_come_from_the_service(switch, service, lookups):
    users = service(directory)
    lookups(users)
    domain = ElementTree.fromstring(locate(switch))
    assert domain.tag == "domain" and domain.get("name") == DOMAIN and domain.find("user") is not None
    assert password(switch, "1000") == "of 1000"
    assert password(switch, "1001", "elsewhere.example.org") == "of 1001"


def test_the_request_has_the_parameters_of_mod_xml_curl(switch, service, lookups):
    users = service(directory)
    lookups(users)
    assert password(switch) == "of 1000"
    request = users.asked[-1]
    assert request["method"] == "xml.fetch" and request["jsonrpc"] == "2.0"
    assert {name: request["params"][name] for name in ("section", "tag", "key", "value")} == {
        "section": "directory", "tag": "domain", "key": "name", "value": DOMAIN}
    asked = params_of(request)
    wanted = {"hostname": switch.api("switchname").strip(), "section": "directory", "tag_name": "domain",
              "key_name": "name", "key_value": DOMAIN, "user": "1000", "domain": DOMAIN}
    assert {name: asked.get(name) for name in wanted} == wanted


def test_each_member_of_a_group_is_looked_up_by_its_name(switch, service, lookups):
    def members(request):
        user = params_of(request).get("user")
        inner = ('<groups><group name="sales"><users><user id="1001" type="pointer"/><user id="1002" type="pointer"/>'
                 '</users></group></groups>' if user is None else
                 f'<user id="{user}"><params><param name="dial-string" value="loopback/{user}"/></params></user>')
        return document("directory", f'<domain name="{DOMAIN}">{inner}</domain>')

    users = service(members)
    lookups(users, cache_s=3600, cache_params="user domain")
    for _ in range(2):  # the second time from the cache
        assert switch.api(f"group_call sales@{DOMAIN}").strip() == "loopback/1001,loopback/1002"
    assert [params_of(request).get("user") for request in users.asked] == [None, "1001", "1002"]


def test_a_lookup_with_more_parameters_than_the_one_before_is_a_new_lookup(switch, service, lookups):
    """mod_voicemail: by id, then by number-alias, with one list of parameters."""
    if not (switch.installation.modules / "mod_voicemail.so").exists():
        pytest.skip("this FreeSWITCH has no mod_voicemail")
    switch.write("autoload_configs/voicemail.conf.xml",
                 '<configuration name="voicemail.conf"><settings/><profiles><profile name="default"/></profiles>'
                 '</configuration>')
    users = service(lambda request: document("directory", f'<domain name="{DOMAIN}"><user id="none"/></domain>'))
    lookups(users, cache_s=3600, cache_params="key user domain")
    try:
        assert switch.api("load mod_voicemail").startswith("+OK")
        assert "User not found" in switch.api(f"vm_fsdb_auth_login default {DOMAIN} 1000 1234")
        asked = [params_of(request) for request in users.asked]
        assert [each["key"] for each in asked if each.get("user") == "1000"] == ["id", "number-alias"]
    finally:
        switch.api("unload mod_voicemail")
        switch.write("autoload_configs/voicemail.conf.xml", "")


@pytest.mark.parametrize("section", ["configuration", "directory", "dialplan", "languages", "chatplan"])
def test_each_section_is_looked_up_by_its_name(switch, service, lookups, section):
    answers = service(lambda request: document(section, '<thing name="one"><inner/></thing>'))
    lookups(answers, sections=section)
    assert ElementTree.fromstring(locate(switch, "one", section, "thing")).find("inner") is not None
    others = {"configuration", "directory", "dialplan", "languages", "chatplan"} - {section}
    asked = len(answers.asked)
    for other in others:
        assert locate(switch, "none", other, "thing") == MISSING
    assert len(answers.asked) == asked


def test_a_section_that_cannot_be_bound_is_not_looked_up(switch, service, lookups):
    answers = service(lambda request: document("phrases", '<macros name="one"/>'))
    lookups(answers, sections="configuration directory dialplan languages chatplan")
    for section in ("phrases", "channels", "result", "anything"):
        assert locate(switch, "one", section, "macros") == MISSING
    assert answers.asked == []


def configuration_from(name):
    """Replies with any configuration."""
    return lambda request: document(
        "configuration", f'<configuration name="{request["params"]["value"]}" from="{name}"/>')


def test_patterns_choose_the_service(switch, service, publisher):
    acl, rest = service(configuration_from("acl")), service(configuration_from("rest"))
    publisher(xml=lookups_xml(
        [service_xml("acl", acl.endpoint), service_xml("rest", rest.endpoint)],
        [binding_xml("acl", "acl", "configuration", tag="configuration", key="name", value="acl.conf"),
         binding_xml("rest", "rest", "configuration", value="x*.conf")]))

    def origin(name):
        text = locate(switch, name, "configuration", "configuration")
        return None if text == MISSING else ElementTree.fromstring(text).get("from")

    assert [origin("acl.conf"), origin("x1.conf"), origin("y.conf")] == ["acl", "rest", None]


def test_its_own_configuration_is_never_looked_up_in_a_service(switch, service, lookups):
    answers = service(configuration_from("service"))
    lookups(answers, sections="configuration")
    assert switch.api("zmq reload") == "+OK reloaded\n"
    assert locate(switch, "other.conf", "configuration", "configuration") != MISSING
    asked = [request["params"]["value"] for request in answers.asked]
    assert "other.conf" in asked and "event_zmq.conf" not in asked


def test_not_found_goes_to_the_next_binding_and_at_last_to_the_switchs_own(switch, service, publisher):
    switch.write("directory/own.xml", '<domain name="own.example.org"><user id="1000"><params><param name="password" '
                                      'value="of the switch"/></params></user></domain>')
    first = service(lambda request: user_document(DOMAIN, "1000", "of the first")
                    if params_of(request).get("user") == "1000" else NOT_FOUND)
    second = service(lambda request: directory(request) if request["params"]["value"] == DOMAIN else
                     document("result", '<result status="not found"/>'))
    try:
        publisher(xml=lookups_xml(
            [service_xml("first", first.endpoint), service_xml("second", second.endpoint)],
            [binding_xml("first", "first", "directory", value=DOMAIN), binding_xml("second", "second", "directory")]))
        assert password(switch, "1000") == "of the first"
        assert password(switch, "1001") == "of 1001"
        assert password(switch, "1000", "own.example.org") == "of the switch"
        assert [len(first.asked), len(second.asked)] == [2, 2]
    finally:
        switch.write("directory/own.xml", "")


def test_on_failure_the_switch_uses_its_own_xml_or_finds_nothing(switch, service, publisher):
    switch.write("directory/own.xml", f'<domain name="{DOMAIN}"><user id="1000"><params><param name="password" '
                                      'value="of the switch"/></params></user></domain>')
    broken = service(lambda request: {"xml": "<document><section"})

    def load(on_failure):
        switch.configure(lookups_xml([service_xml("broken", broken.endpoint)],
                                     [binding_xml("broken", "broken", "directory", on_failure=on_failure)]))
        return switch.api("zmq reload") if switch.is_loaded() else switch.load()

    try:
        assert load("fallback").startswith("+OK")
        assert password(switch) == "of the switch"
        assert load("not-found").startswith("+OK")
        assert password(switch) != "of the switch"
        assert len(broken.asked) >= 2
    finally:
        switch.write("directory/own.xml", "")


def test_a_cacheable_user_stays_in_the_switchs_own_cache(switch, service, lookups):
    users = service(lambda request: user_document(DOMAIN, "1000", "kept", attributes='cacheable="600000"'))
    lookups(users)

    def merged():
        """The lookup of mod_dptools and mod_sofia."""
        return switch.api(f"user_data 1000@{DOMAIN} param password").strip()

    assert [merged(), merged(), merged()] == ["kept"] * 3
    assert len(users.asked) == 1
    assert switch.api(f"xml_flush_cache id 1000 {DOMAIN}").startswith("+OK")
    assert merged() == "kept"
    assert len(users.asked) == 2
    switch.api("xml_flush_cache")


def test_a_kept_document_is_not_requested_again_until_it_is_flushed(switch, service, lookups):
    users = service(directory)
    lookups(users, cache_s=3600, cache_negative_s=3600, cache_params="user domain")
    for _ in range(300):  # a parsed document is reused, and parsed again from time to time
        assert password(switch, "1000") == "of 1000"
    assert password(switch, "1001") == "of 1001"
    assert len(users.asked) == 2
    assert switch.api("zmq cache flush").startswith("+OK")
    assert password(switch, "1000") == "of 1000"
    assert len(users.asked) == 3


def test_many_threads_share_a_kept_document(switch, service, lookups):
    users = service(directory)
    lookups(users, cache_s=3600, cache_params="user domain")
    assert password(switch) == "of 1000"
    connections = [switch.connect() for _ in range(4)]
    for number in range(400):
        for connection in connections:
            assert connection.command(f"bgapi user_data 1000@{DOMAIN} param password").startswith("+OK")
        if number % 100 == 50:
            switch.api("zmq cache flush")
    for connection in connections:
        assert connection.api(f"user_data 1000@{DOMAIN} param password").strip() == "of 1000"
        connection.close()
    assert 1 <= len(users.asked) <= 50


def test_a_kept_document_of_many_users_outlives_the_module(switch, service, lookups):
    users = service(directory)
    lookups(users, cache_s=3600, cache_params="user domain")
    for user in range(200):
        assert password(switch, str(user)) == f"of {user}"
        assert password(switch, str(user)) == f"of {user}"
    assert switch.unload().startswith("+OK")
    assert password(switch, "1") != "of 1"


def test_without_bindings_there_are_no_requests(switch, publisher):
    publisher(xml=config_xml(stream_xml(f"tcp://127.0.0.1:{free_port()}")))
    assert locate(switch) == MISSING
    assert ElementTree.fromstring(locate(switch, "acl.conf", "configuration", "configuration")).tag == "configuration"


def test_a_binding_added_by_a_reload_works_at_once_and_a_removed_one_does_not(switch, service, lookups):
    users = service(directory)
    lookups(users)
    assert password(switch) == "of 1000"
    with_users = switch.configuration.read_text()
    switch.configuration.write_text(lookups_xml([], []))
    assert switch.api("zmq reload") == "+OK reloaded\n"
    assert password(switch) != "of 1000"
    switch.configuration.write_text(with_users)
    assert switch.api("zmq reload") == "+OK reloaded\n"
    wait_until(lambda: password(switch) == "of 1000", "the service to be asked again")


def test_a_document_is_not_preprocessed(switch, service, lookups):
    text = '<domain name="example.org"><X-PRE-PROCESS cmd="set" data="fsz=1"/><v a="$${base_dir}"/></domain>'
    lookups(service(lambda request: document("directory", text)))
    domain = ElementTree.fromstring(locate(switch))
    assert domain.find("v").get("a") == "$${base_dir}" and domain.find("X-PRE-PROCESS") is not None
    assert "1" not in switch.api("global_getvar fsz")
