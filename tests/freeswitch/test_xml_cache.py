# SPDX-License-Identifier: MPL-2.0
"""FreeSWITCH's own lookups and the cache: different lookups never share a reply."""

import json

import pytest

from services import NOT_FOUND, document, params_of, user_document

DOMAIN = "example.org"
DOCUMENTED = {"cache_params": "user domain action purpose"}  # as in docs/configuration.md
EITHER = pytest.mark.parametrize("keys", [{}, DOCUMENTED], ids=["by default", "as documented"])
GROUPS = {"sales": ("1001", "1002"), "support": ("2001", "2002", "2003")}


def domain(inner):
    return document("directory", f'<domain name="{DOMAIN}">{inner}</domain>')


def users_of(group):
    users = "".join(f'<user id="{user}"><params><param name="dial-string" value="error/{user}"/></params></user>'
                    for user in GROUPS[group])
    return f'<groups><group name="{group}"><users>{users}</users></group></groups>'


def asks(switch, command):
    return switch.api(command).strip()


@EITHER
def test_group_call_of_each_group_has_its_own_users(switch, service, lookups, keys):
    def answer(request):
        asked = params_of(request)
        return domain(users_of(asked["group"])) if asked.get("action") == "group_call" else NOT_FOUND

    groups = service(answer)
    lookups(groups, cache_s=3600, **keys)
    for _ in range(2):  # the second time from the cache
        for group, users in GROUPS.items():
            assert asks(switch, f"group_call {group}@{DOMAIN}") == ",".join(f"error/{user}" for user in users)
    assert len(groups.asked) == len(GROUPS)


@EITHER
def test_in_group_is_looked_up_for_each_group(switch, service, lookups, keys):
    groups = service(lambda request: domain(users_of(params_of(request)["group_name"])))
    lookups(groups, cache_s=3600, **keys)
    for _ in range(2):
        assert asks(switch, f"in_group 1001@{DOMAIN},sales") == "true"
        assert asks(switch, f"in_group 1001@{DOMAIN},support") == "false"
    assert len(groups.asked) == 2


@EITHER
def test_user_is_found_by_number_alias(switch, service, lookups, keys):
    def answer(request):
        asked = params_of(request)
        user = '<user id="1000" number-alias="7"><params><param name="password" value="by alias"/></params></user>'
        return domain(user if asked["key"] == "number-alias" else '<user id="nobody"/>')

    users = service(answer)
    lookups(users, cache_s=3600, **keys)
    for _ in range(2):
        assert asks(switch, f"user_data 7@{DOMAIN} param password") == "by alias"
    assert [params_of(request)["key"] for request in users.asked] == ["id", "number-alias"]


@EITHER
def test_user_is_found_by_any_attribute(switch, service, lookups, keys):
    def answer(request):
        asked = params_of(request)
        return domain(f'<user id="of {asked["key"]}" {asked["key"]}="{asked["user"]}"/>')

    users = service(answer)
    lookups(users, cache_s=3600, **keys)
    for key in ("mailbox", "pin", "mailbox"):
        assert f"of {key}" in asks(switch, f"find_user_xml {key} 1000 {DOMAIN}")
    assert len(users.asked) == 2


@EITHER
def test_a_domain_and_its_user_are_different_lookups(switch, service, lookups, keys):
    def answer(request):
        asked = params_of(request)
        return user_document(DOMAIN, asked["user"], "secret") if "user" in asked else NOT_FOUND

    users = service(answer)
    lookups(users, cache_s=3600, cache_negative_s=3600, **keys)
    for _ in range(2):
        assert asks(switch, f"domain_exists {DOMAIN}") == "false"
        assert asks(switch, f"user_data 1000@{DOMAIN} param password") == "secret"


def dialplan(request):
    number = params_of(request)["Hunt-Destination-Number"]
    inner = ('<action application="transfer" data="busy XML served"/>' if number == "on" else
             f'<action application="hangup" data="{"USER_BUSY" if number == "busy" else "NO_ANSWER"}"/>')
    return document("dialplan", '<context name="served"><extension name="all"><condition field="destination_number" '
                    f'expression="^{number}$">{inner}</condition></extension></context>')


def dial(switch, number):
    return asks(switch, f"originate loopback/{number}/served &park()")


def test_dialplan_is_kept_by_the_present_destination(switch, service, lookups):
    calls = service(dialplan)
    lookups(calls, sections="dialplan", cache_s=3600, cache_params="Caller-Context Caller-Destination-Number")
    for _ in range(2):
        assert dial(switch, "on") == "-ERR USER_BUSY"
        assert dial(switch, "other") == "-ERR NO_ANSWER"
        assert dial(switch, "busy") == "-ERR USER_BUSY"
    asked = [params_of(request)["Hunt-Destination-Number"] for request in calls.asked]
    assert set(asked) == {"busy", "on", "other"} and len(asked) <= 4  # perhaps "busy" also as a transfer


def test_dialplan_is_looked_up_per_call_unless_the_call_is_not_in_the_key(switch, service, lookups):
    calls = service(dialplan)
    lookups(calls, sections="dialplan", cache_s=3600)
    for _ in range(2):
        assert dial(switch, "busy") == "-ERR USER_BUSY"
    assert len(calls.asked) == 2
    assert json.loads(switch.api("zmq status json"))["cache"]["entries"] == 0


def test_dialplan_is_kept_by_the_sent_parameters(switch, service, lookups):
    calls = service(dialplan)
    lookups(calls, sections="dialplan", cache_s=3600, params="Hunt-Context Hunt-Destination-Number")
    for _ in range(2):
        assert dial(switch, "busy") == "-ERR USER_BUSY"
        assert dial(switch, "other") == "-ERR NO_ANSWER"
    assert len(calls.asked) == 2


def test_called_user_is_kept_for_all_callers(switch, service, lookups):
    users = service(lambda request: domain(f'<user id="{params_of(request)["user"]}"><params><param '
                                            'name="dial-string" value="error/USER_BUSY"/></params></user>'))
    lookups(users, cache_s=3600, **DOCUMENTED)
    for caller in ("a", "b"):
        assert asks(switch, f"originate {{caller={caller}}}user/1000@{DOMAIN} &park()") == "-ERR USER_BUSY"
    assert [asked["action"] for asked in users.asked_for(user="1000")] == ["user_call"]


@pytest.mark.parametrize("gone", [NOT_FOUND, {"xml": ""}, {"xml": "\n"}, {"xml": '<document type="freeswitch/xml"/>'},
                                  document("result", '<result status="not found"/>'),
                                  document("directory", '<result status="not found"/>'), domain("")],
                         ids=["found false", "empty", "blank", "document", "result", "in directory", "no user"])
def test_deleted_user_stays_deleted_while_the_service_fails(switch, service, lookups, gone):
    def fail(request):
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -1, "message": "away"}}).encode()

    turn = [lambda _: user_document(DOMAIN, "1000", "secret")]
    lookups(service(lambda request: turn[0](request)), stale_s=3600)

    def is_there():
        return asks(switch, f"user_data 1000@{DOMAIN} param password") == "secret"

    assert is_there()
    turn[0] = fail
    assert is_there()
    turn[0] = lambda _: gone
    assert not is_there()
    turn[0] = fail
    assert not is_there()
