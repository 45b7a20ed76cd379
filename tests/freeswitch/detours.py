# SPDX-License-Identifier: MPL-2.0
"""The table of docs/access.md, row by row: how one thing makes the switch run another. detours_named.py has the detours
to endpoints, files and contexts.

In a request, `{call}` is a parked call, `{other}` a second one, `{folder}` a folder of the test, `{evil}` a
program that leaves a mark and that only an administrator may run, `{word}` its name in the switch's folder, which
is also an extension of context `secret` that runs it, `{xml}` a dialplan that runs it. `{host}` is a SIP address
outside of all grants, `{number}` a number to call there, `{out}` a file outside of all granted folders."""

from typing import Callable, NamedTuple, Optional, Tuple, Union

PARK = "&park()"


class Ask(NamedTuple):
    method: str
    params: dict


def api(command, arg=None):
    return Ask("api", {"command": command, "arg": arg})


def run(app, arg=None):
    return Ask("call.execute", {"call": "{call}", "app": app, "arg": arg})


def go_to(extension, **where):
    return Ask("call.transfer", {"call": "{call}", "extension": extension, **where})


def variable(name, value):
    return Ask("call.set", {"call": "{call}", "variables": {name: value}})


def originate(endpoint, variables=None, **then):
    return Ask("call.originate", {"endpoint": endpoint, "variables": variables or {}, "then": then, "wait": True})


def json_api(command, **data):
    return Ask("json_api", {"command": command, "data": data})


def event(name, subclass=None, **headers):
    kind = {"Event-Name": name, **({"Event-Subclass": subclass} if subclass else {})}
    return Ask("event.send", {"event": {**kind, **headers}})


class Detour(NamedTuple):
    row: str  # how the row of the table begins
    evil: Ask  # refused, and had no effect
    twin: Optional[Ask] = None  # the same detour with a harmless target: allowed
    then: Optional[Callable] = None  # what makes the switch carry it out: then(scene)
    needs: str = ""  # a module that this FreeSWITCH may lack
    user: str = "wildcards"  # who sends the request
    before: Tuple[Union[Ask, Callable], ...] = ()  # requests that the same user sends first, or each(scene). If
    # one of these is refused, the detour is closed, too.
    shown: bool = True  # an administrator's request has the effect: the detour is real
    effect: Callable = lambda scene, words: words["mark"].exists()


# ---- next steps ------------------------------------------------------------------------------------


def kill(scene):
    scene.admin.call("api", command="uuid_kill", arg=scene.call)


def bridge_and_end(scene):
    scene.admin.call("api", command="uuid_bridge", arg=f"{scene.call} {scene.other}")
    scene.wait_variable(scene.call, "bridge_to", scene.other)
    scene.admin.call("api", command="uuid_kill", arg=scene.other)


def transfer(scene):
    scene.admin.call("api", command="uuid_transfer", arg=f"{scene.call} hold")


def record(scene):
    for word in ("start", "stop"):
        scene.admin.call("api", command="uuid_record", arg=f"{scene.call} {word} {scene.folder}/record.wav")


def loopback_bridged(scene):
    """Bridges the other end of the call, a loopback that stays one, to the second call."""
    scene.call = scene.parked_call("{loopback_bowout=false}")
    names = ["other_loopback_leg_uuid"]
    end = scene.admin.call("call.get", call=scene.call, names=names)["variables"][names[0]]
    scene.admin.call("api", command="uuid_bridge", arg=f"{end} {scene.other}")
    scene.wait_variable(end, "bridge_to", scene.other)


def press(digits):
    """~: as if the other side had pressed the keys."""
    return lambda scene: scene.admin.call("api", command="uuid_recv_dtmf", arg=f"{scene.call} ~{digits}")


def digits_of_realm(scene):
    scene.admin.call("call.execute", call=scene.call, app="digit_action_set_realm", arg="r", wait=True)
    press("1")(scene)


def hold(scene):
    scene.admin.call("api", command="uuid_hold", arg=scene.call)


def stop_recording(scene):
    scene.admin.call("call.execute", call=scene.call, app="stop_record_session", arg="all", wait=True)


def play_tone(scene):
    scene.admin.call("call.execute", call=scene.call, app="playback", arg="tone_stream://%(3000,0,440);loops=2")


HOLD = "loopback/hold/default"
BRIDGED = (api("uuid_bridge", "{call} {other}"), api("msleep", "1000"))
COMMANDS = [
    Detour("`bgapi [uuid", api("bgapi", "system {evil}"), api("bgapi", "echo x")),
    Detour("`bgapi [uuid", api("bgapi", "uuid:{call} system {evil}"), api("bgapi", "uuid:{call} echo x")),
    Detour("`bgapi [uuid", Ask("bgapi", {"command": "system", "arg": "{evil}"}), Ask("bgapi", {"command": "status"})),
    Detour("`expand [uuid", api("expand", "system {evil}"), api("expand", "echo x")),
    Detour("`expand [uuid", api("expand", "echo ${{system({evil})}}"), api("expand", "echo $5")),
    Detour("`eval [uuid", api("eval", "${{system({evil})}}"), api("eval", "x")),
    Detour("`eval [uuid", api("eval", "uuid:{call} ${{system {evil}}}"), api("eval", "uuid:{call} x")),
    Detour("`sched_api ", api("sched_api", "+1 none system {evil}"), api("sched_api", "+1 none echo x")),
    Detour("`xml_wrap ", api("xml_wrap", "system {evil}"), api("xml_wrap", "echo x")),
    Detour("`json {", api("json", '{{"command":"fsapi","data":{{"cmd":"system","arg":"{evil}"}}}}'),
         api("json", '{{"command":"fsapi","data":{{"cmd":"echo","arg":"x"}}}}')),
    Detour("`alias`", api("alias", "add fszmq-test system {evil}"), shown=False),
    Detour("`uuid_broadcast", api("uuid_broadcast", "{call} system::{evil} aleg"),
         api("uuid_broadcast", "{call} set::acme_x=1 aleg")),
    Detour("`uuid_broadcast", api("uuid_broadcast", "{call} system!USER_BUSY::{evil}")),
    Detour("`sched_broadcast time", api("sched_broadcast", "+1 {call} system::{evil}"),
         api("sched_broadcast", "+1 {call} set::acme_x=1")),
    Detour("`originate dial &app", api("originate", HOLD + " &system({evil})"), api("originate", HOLD + " " + PARK)),
    Detour("`originate dial &app", originate(HOLD, app="system", arg="{evil}"), originate(HOLD, app="park")),
    Detour("`originate dial extension inline`", originate(HOLD, extension="system:{evil}", dialplan="inline"),
         originate(HOLD, extension="park", dialplan="inline")),
    Detour("`{a=b}`", originate(HOLD, {"execute_on_answer": "system {evil}"}, app="park"),
         originate(HOLD, {"acme_x": "it's, 1"}, app="park")),
    Detour("`originate dial extension inline`", api("originate", HOLD + " system:{evil} inline"),
         api("originate", HOLD + " park inline")),
    Detour("`originate dial undef`", api("originate", HOLD + " undef"), shown=False),
    Detour("`uuid_transfer", api("uuid_transfer", "{call} system:{evil} inline"),
         api("uuid_transfer", "{call} park inline")),
    Detour("`uuid_transfer", api("uuid_transfer", "{call} hold LUA"), api("uuid_transfer", "{call} hold XML"),
         shown=False),
    Detour("`uuid_transfer", api("uuid_transfer", "{call} hold XML:{evil}"), shown=False),
    Detour("`uuid_transfer", go_to("system:{evil}", dialplan="inline"), go_to("hold")),
    Detour("`uuid_dual_transfer", api("uuid_dual_transfer", "{call} 'system:sh {word}/inline' park/inline"),
         api("uuid_dual_transfer", "{call} park/inline park/inline")),
    Detour("`sched_transfer`, `uuid_limit", api("sched_transfer", "+1 {call} system:{evil} inline"),
         api("sched_transfer", "+1 {call} park inline")),
    Detour("`sched_transfer`, `uuid_limit", api("uuid_limit", "{call} hash realm id 0 system:{evil} inline"),
         api("uuid_limit", "{call} hash realm id 0 park inline"), needs="mod_hash"),
    Detour("`uuid_deflect`, `deflect`", api("uuid_deflect", "{call} system:{evil} inline"),
         api("uuid_deflect", "{call} hold XML default"), before=(loopback_bridged,)),
    Detour("`uuid_deflect`, `deflect`", run("deflect", "system:{evil} inline"), run("deflect", "hold"),
         before=(loopback_bridged,)),
    Detour("`uuid_transfer", api("uuid_transfer", "{call} 1000 enum"), shown=False),
    Detour("`transfer`, `execute_extension`", run("transfer", "-x XML:{xml}"), run("transfer", "-bleg hold")),
    Detour("`transfer`, `execute_extension`", api("sched_transfer", "+1 {call} -bleg XML:{xml}")),
    Detour("`tone_detect`", api("tone_detect", "{call} tone 440 w +60 system {evil} 1"), then=play_tone,
         needs="mod_tone_stream"),
]
DIAL_STRINGS = [
    # The other leg rings: an answer would end it before it has begun.
    *(Detour("several legs",
           api("originate", f"loopback/app=system:{{evil}}{between}loopback/sleep/default/inline {PARK}"),
           api("originate", f"loopback/answer/default/inline {PARK}"), user="dialler")
      for between in (",", "|", ":_:")),
    Detour("`{a=b}`", api("originate", "{{execute_on_answer='system {evil}'}}" + HOLD + " " + PARK),
         api("originate", "{{acme_x='1 2'}}" + HOLD + " " + PARK)),
    Detour("`{a=b}`", api("originate", "[api_on_answer='system {evil}']" + HOLD + " " + PARK),
         api("originate", "[acme_x=1]" + HOLD + " " + PARK)),
    Detour("`{^^:a=b:c=d}`", api("originate", "{{^^:acme_x=1:api_on_answer='system {evil}'}}" + HOLD + " " + PARK),
         api("originate", "{{acme_x=^^:1:2}}" + HOLD + " " + PARK)),
    Detour("`{a=b}`", api("originate", "<execute_on_answer='system {evil}'>" + HOLD + " " + PARK),
         api("originate", "<acme_x=1>" + HOLD + " " + PARK)),
    Detour("`loopback/app=", api("originate", "loopback/app=system:{evil} " + PARK),
         api("originate", "loopback/app=park " + PARK)),
    Detour("`loopback/app=", run("bridge", "loopback/app=system:{evil}"), run("bridge", "loopback/app=park")),
    Detour("quotes, backslashes", run("bridge", "lo''opback/app=system:{evil}"), run("bridge", "loopback/app=park")),
    Detour("quotes, backslashes", run("bridge", "loopback/'app=system:{evil}'"),
         run("bridge", "{{acme_x='1'}}loopback/app=park")),
    Detour("`loopback/extension", api("originate", "'loopback/system:sh {word}/default/inline' " + PARK),
         api("originate", "loopback/answer/default/inline " + PARK)),
]
VARIABLES = [
    Detour("any other name", variable("other_x", "1"), variable("acme_x", "1"), shown=False, user="scoped"),
    Detour("any other name", api("uuid_setvar", "{call} other_x 1"), api("uuid_setvar", "{call} acme_x 1"), shown=False,
           user="scoped"),
    Detour("`execute_on_*`", variable("execute_on_blind_transfer", "system {evil}"), variable("acme_on", "system x"),
         then=transfer),
    Detour("`execute_on_*`", api("uuid_setvar", "{call} execute_on_blind_transfer system::{evil}"), then=transfer),
    Detour("`execute_on_*`", run("set", "execute_on_blind_transfer=system {evil}"), run("set", "acme_x=1"),
         then=transfer),
    Detour("`execute_on_*`", api("uuid_setvar_multi", "{call} acme_x=1;execute_on_blind_transfer_2=system {evil}"),
         api("uuid_setvar_multi", "{call} acme_x=1;acme_y=2"), then=transfer),
    Detour("`record_post_process_exec_app`", variable("record_post_process_exec_app", "system:{evil}"), then=record,
         needs="mod_sndfile"),
    Detour("`api_on_*`", variable("api_hangup_hook", "system {evil}"), variable("acme_hook", "system x"), then=kill),
    Detour("`api_on_*`", api("uuid_setvar", "{call} api_reporting_hook system {evil}"), then=kill),
    Detour("`api_on_*`", run("multiset", "^^|acme_x=1|api_hangup_hook=system {evil}"),
         run("multiset", "acme_x=1 acme_y=2"), then=kill),
    Detour("`api_on_*`", run("export", "nolocal:api_hangup_hook=system {evil}"), run("export", "acme_x=1"),
           shown=False),
    Detour("`record_post_process_exec_api`", variable("record_post_process_exec_api", "system:{evil}"), then=record,
         needs="mod_sndfile"),
    Detour("`transfer_after_bridge`", variable("transfer_after_bridge", "'system:{evil}':inline"),
         variable("transfer_after_bridge", "hold"), then=bridge_and_end),
    Detour("`exec_after_bridge_*`", Ask("call.set", {"call": "{call}", "variables": {
        "exec_after_bridge_app": "system", "exec_after_bridge_arg": "{evil}"}}), then=bridge_and_end),
    *(Detour("`exec_after_bridge_*`", variable(name, "system"), shown=False) for name in (
        "exec_after_bridge_app", "bridge_pre_execute_bleg_app", "group_confirm_file", "force_transfer_dialplan",
        "transfer_on_fail", "hold_hangup_xfer_exten", "fax_orbit_exten", "campon_fallback_exten",
        "transfer_fallback_extension", "loopback_app", "python_script_path",
        "campon", "spawn_system_shell", "inline_destination", "valet_parking_timeout", "vm_operator_extension",
        "xfer_uuids", "youtube_resolver")),
    Detour("`system_on_*`", variable("system_on_fax_result", "{evil}"), shown=False),
    Detour("`%[a=b]`", run("set", "%[execute_on_blind_transfer=system]acme_x=1"), run("set", "acme_x=1"), shown=False),
    Detour("`%[a=b]`", run("stop_record_session", "${{acme_x}}"),
         before=(variable("acme_x", "%[record_post_process_exec_api=system:{evil}]{folder}/scoped.wav"),
                 run("record_session", "{folder}/scoped.wav"), run("sleep", "1")), needs="mod_sndfile"),
    Detour("`${command(…)}` in a value", run("set", "acme_x=${{system({evil})}}"), run("set", "acme_x=$5")),
    Detour("`${command(…)}` in a value", variable("acme_x", "${{echo(x)}}"), variable("acme_x", "$5"),
         shown=False),
    Detour("`$$${name}`", run("set", "acme_y=$$${{acme_x}}"), run("set", "acme_y=$5"),
         before=(variable("acme_x", "{{system {evil}}}"),)),
    Detour("`hold_music`", variable("hold_music", "system::{evil}"), variable("hold_music", "local_stream://moh"),
         then=hold, before=BRIDGED),
    Detour("`hold_music`", variable("hold_music", "${{acme_x}}"), variable("hold_music", "silence"), then=hold,
         before=(*BRIDGED, variable("acme_x", "system::{evil}"))),
    Detour("a file's `{a=b}`", run("playback", "{{execute_on_answer=system}}/no/such/file"),
         run("playback", "{{acme_x=1}}/no/such/file"), shown=False),
]
OTHERS = ("bgsystem", "lua", "python", "perl", "javascript", "socket", "httapi", "event", "play_and_get_digits",
          "conference", "fifo", "ivr", "no_such_app_yet")
APPLICATIONS = [
    Detour("`system`, `bgsystem`", run("system", "{evil}"), run("sleep", "1")),
    Detour("`system`, `bgsystem`", run("bgsystem", "{evil}")),
    *(Detour("`system`, `bgsystem`", run(app, "{evil}"), shown=False) for app in OTHERS),
    Detour("`eval`, `log`", run("log", "INFO ${{system({evil})}}"), run("log", "INFO x")),
    Detour("`eval`, `log`", run("eval", "${{expand(system {evil})}}"), run("eval", "x")),
    Detour("`transfer`, `execute_extension`", run("transfer", "system:{evil} inline"), run("transfer", "park inline")),
    Detour("`transfer`, `execute_extension`", run("execute_extension", "system:{evil} inline"),
         run("execute_extension", "hold XML default")),
    Detour("`execute_extension` without", run("execute_extension", "'system:{evil}'"),
         run("execute_extension", "hold XML"), before=(go_to("park", dialplan="inline"), api("msleep", "500"))),
    Detour("`transfer`, `execute_extension`", run("sched_transfer", "+1 system:{evil} inline"),
         run("sched_transfer", "+1 park inline")),
    Detour("`transfer`, `execute_extension`", run("limit", "hash r i 0 system:{evil} inline"),
         run("limit", "hash r i 0 park inline"), needs="mod_hash"),
    Detour("`broadcast`, `sched_broadcast`", run("sched_broadcast", "+1 system::{evil}"),
         run("sched_broadcast", "+1 set::acme_x=1")),
    Detour("`bind_meta_app`", run("bind_meta_app", "1 a s system::{evil}"), run("bind_meta_app", "1 a s set::acme_x=1"),
         then=press("*1")),
    Detour("`bind_digit_action", run("bind_digit_action", "r,1,exec:system,{evil}"),
         run("bind_digit_action", "r,1,exec:set,acme_x=1"), then=digits_of_realm),
    Detour("`bind_digit_action", run("bind_digit_action", "r,1,api:system,{evil}"),
         run("bind_digit_action", "r,1,api:echo,x"), then=digits_of_realm),
    Detour("`soft_hold key", run("soft_hold", "# silence system::{evil}"), run("soft_hold", "# silence silence"),
         before=BRIDGED),
    Detour("`record_session`", run("record_session", "{folder}/a.wav {{record%5Fpost_process_exec_app=system:{evil}}}"),
         run("record_session", "{folder}/b.wav +60 {{acme_title=x}}"), then=stop_recording, needs="mod_sndfile"),
    Detour("`record_session`", api("uuid_record", "{call} start {folder}/f.wav 60 {{acme_x=1}} "
                                                "{{{{x}},record_post_process_exec_app=system:{evil}"),
         api("uuid_record", "{call} start {folder}/g.wav 60 {{acme_x=1}}"), then=stop_recording, needs="mod_sndfile"),
    Detour("`uuid_drop_dtmf ", api("uuid_drop_dtmf", "{call} on mask_file system::{evil}"), then=press("1"),
         shown=False),
    Detour("`respond`", run("respond", "302<sip:5@127.0.0.1>"), run("respond", "486"), shown=False),
    Detour("`respond`", run("redirect", "sip:5@127.0.0.1 XML default"), shown=False),
    *(Detour("`loop_playback` and others without", run(app), run("playback", "/no/such/file"), shown=False,
           user=user) for user in ("wildcards", "admin") for app in (
        "loop_playback", "digit_action_set_realm", "preprocess", "record_session_mask", "record_session_pause",
        "stop_record_session", "stop_displace_session", "deflect")),
    Detour("`record_session`", run("record_session", "{folder}/${{acme_x}}"), then=stop_recording, needs="mod_sndfile",
         before=(variable("acme_x", "c.wav {{record_post_process_exec_app=system:{evil}}}"),)),
    Detour("`record_session`", api("uuid_record", "{call} start {folder}/d.wav 60 "
                                                "{{record_post_process_exec_app=system:{evil}}}"),
         api("uuid_record", "{call} start {folder}/e.wav"), then=stop_recording, needs="mod_sndfile"),
    Detour("`limit_execute`", run("limit_execute", "hash r i 5 system {evil}"),
         run("limit_execute", "hash r i 5 sleep 1"), needs="mod_hash"),
    Detour("`read`, `play_and_get_digits`, `strftime`", run("read", "1 4 /no/such/file execute_on_x 1000 #"),
         run("read", "1 1 /no/such/file acme_x 1000 #"), shown=False),
    Detour("`read`, `play_and_get_digits`, `strftime`", run("strftime", "execute_on_blind_transfer=system {evil}"),
         run("strftime", "acme_x=%Y"), then=transfer),
    Detour("`read`, `play_and_get_digits`, `strftime`", run("strftime", "execute_on_blind${{acme_x}}"), then=transfer,
         before=(variable("acme_x", "_transfer=system {evil}"),)),
    Detour("`phrase`, `playback phrase:", run("phrase", "m,${{url_decode(%24%7Bsystem {evil}%7D)}}"),
         run("phrase", "m,x"), shown=False),
    Detour("`unset`", run("unset", "other_x"), run("unset", "acme_x"), shown=False, user="scoped"),
]
JSON = [
    Detour("`fsapi`", json_api("fsapi", cmd="system", arg="{evil}"), json_api("fsapi", cmd="echo", arg="x")),
    Detour("`execute`", json_api("execute", uuid="{call}", app="system", arg="{evil}"),
         json_api("execute", uuid="{call}", app="sleep", arg="1")),
    Detour("names in another letter case", json_api("FsApi", CMD="system", Arg="{evil}"),
         json_api("FsApi", CMD="echo", Arg="x"), shown=False),
    Detour("names in another letter case",
         api("json", '{{"command":"fsapi","data":{{"cmd":"echo","CMD":"system","arg":"{evil}"}}}}'), shown=False),
    Detour("names in another letter case",
         api("json", '{{"command":"fsapi","data":{{"cmd":"echo","cmd":"system","arg":"{evil}"}}}}'), shown=False),
    Detour("others than `status`", json_api("callcenter_config"), json_api("status"), shown=False),
]
CHANGES = ("load", "unload", "reload", "fsctl", "shutdown", "reloadxml", "bg_system", "spawn", "lua", "luarun",
           "python", "perl", "jsrun", "managed", "event_sink", "http_get", "curl", "conference", "hupall", "coalesce",
           "no_such_command_yet")
COMMANDS_THAT_CHANGE = [
    Detour("`load`, `unload`", api("system", "{evil}"), api("echo", "x")),
    Detour("`load`, `unload`", api("bg_system", "{evil}")),
    *(Detour("`load`, `unload`", api(command, "{evil}"), shown=False) for command in CHANGES),
]
EVENTS = [
    *(Detour("any but CUSTOM", event(name), shown=False) for name in (
        "SEND_MESSAGE", "NOTIFY", "PRESENCE_IN", "TRAP", "SHUTDOWN", "CHANNEL_HANGUP_COMPLETE", "HEARTBEAT")),
    *(Detour("CUSTOM of `SMS::`", event("CUSTOM", kind), event("CUSTOM", "acme::paid"), shown=False) for kind in (
        "SMS::SEND_MESSAGE", "sofia::register", "multicast::event", "rtmp::x", "fszmq::audit")),
    Detour("with the header `call-command`", event("CUSTOM", "acme::x", **{"call-command": "execute"}), shown=False),
]
ROADS = [*COMMANDS, *DIAL_STRINGS, *VARIABLES, *APPLICATIONS, *JSON, *COMMANDS_THAT_CHANGE, *EVENTS]
# Rows of requests that have no effect, not even from an administrator.
HARMLESS = {"`show status": api("show", "status;;system {evil}"), "`;;` between": api("echo", "x;;system {evil}")}
