# SPDX-License-Identifier: MPL-2.0
"""The detours to endpoints, files and contexts that a user's grants do not cover. User `scoped` has all commands and
applications by wildcards, but only one gateway, one context and two folders (test_detours.py)."""

from detours import Detour, api, go_to, originate, run, variable

PARK = "&park()"
HOLD = "loopback/hold/default"
CARRIER = "sofia/gateway/carrier/"
SOUND = "{folder}/sounds/a.wav"


# ---- effects of a request --------------------------------------------------------------------------


def rings(scene, words):
    """Has a call to the number reached the host outside?"""
    return words["number"] in scene.outside.numbers


def is_written(scene, words):
    return words["out"].exists()


def is_played(scene, words):
    """Was the longer file played, which is outside the folder?"""
    return scene.variable(words["call"], "playback_ms") == str(scene.SECRET_MS)


def sip_call(scene):
    """Makes the call a SIP call whose other end is the switch, too."""
    scene.call = scene.dialled(f"sofia/loopback/hold@127.0.0.1:{scene.switch.sip_port}")


def play_relative(scene):
    scene.admin.call("call.execute", call=scene.call, app="playback", arg="secret.wav")


def play_two(scene):
    words = scene.words
    scene.admin.call("call.execute", call=scene.call, app="playback",
                     arg=f"{words['folder']}/sounds/a.wav;{words['folder']}/secret.wav")


def bridge_to_carrier(scene):
    scene.admin.call("call.execute", call=scene.call, app="bridge", arg=CARRIER + scene.words["number"])


def bridge_and_end(scene):
    scene.admin.call("api", command="uuid_bridge", arg=f"{scene.call} {scene.other}")
    scene.wait_variable(scene.call, "bridge_to", scene.other)
    scene.admin.call("api", command="uuid_kill", arg=scene.other)


def scoped(row, evil, twin=None, **more):
    return Detour(row, evil, twin, user="scoped", **more)


def dial(row, dial_string, twin=None, **more):
    """The command, the method and the application."""
    more.setdefault("effect", rings)
    return [scoped(row, api("originate", f"{dial_string} {PARK}"), twin and api("originate", f"{twin} {PARK}"), **more),
            scoped(row, originate(dial_string, app="park"), twin and originate(twin, app="park"), **more),
            scoped(row, run("bridge", dial_string), twin and run("bridge", twin), **more)]


HOST = "another host or profile"
STEERED_SIP = "`sip_route_uri`"
ENDPOINTS = [
    *dial(HOST, CARRIER + "{number}@{host}", CARRIER + "hold"),
    *dial(HOST, CARRIER + "{number};fs_path=sip:{host}", CARRIER + "hold"),
    *dial(HOST, "sofia/loopback/{number}@{host}"),
    *dial(HOST, "sofia/loopback/sip:{number}@{host}"),
    *dial(HOST, "{{acme_x=x}}sofia/loopback/{number}@{host}"),
    # The pattern {acme_x=*}sofia/gateway/carrier/* would match this text.
    *dial(HOST, "{{acme_x=x}}sofia/loopback/{number}@{host}|{{acme_x=1}}" + CARRIER + "hold"),
    *dial(HOST, "{{acme_x=x}}[acme_y=1]sofia/loopback/{number}@{host}"),
    *dial("several legs", "sofia/loopback/{number}@{host}," + CARRIER + "1"),
    *dial("several legs", "sofia/loopback/{number}@{host}:_:" + CARRIER + "1"),
    *dial(STEERED_SIP, "{{sip_route_uri=sip:{host}}}" + CARRIER + "{number}", "{{sip_h_X-Y=1}}" + CARRIER + "hold"),
    *dial(STEERED_SIP, "[sip_invite_route_uri=sip:{host};lr]" + CARRIER + "{number}", shown=False),
    *dial(STEERED_SIP, "{{sip_invite_req_uri=sip:{number}@{host}}}" + CARRIER + "1"),
    scoped(STEERED_SIP, originate(CARRIER + "{number}", {"sip_route_uri": "sip:{host}"}, app="park"),
           originate(CARRIER + "hold", {"sip_h_X-Y": "it's 1, {{2}}"}, app="park"), effect=rings),
    scoped(STEERED_SIP, originate(CARRIER + "{number}", {"sip_h_Route": "<sip:{host};lr>"}, app="park"), effect=rings),
    scoped(STEERED_SIP, variable("sip_route_uri", "sip:{host}"), variable("sip_h_X-Y", "1"), shown=False),
    scoped(STEERED_SIP, run("export", "sip_route_uri=sip:{host}"), run("export", "sip_h_X-Y=1"),
           then=bridge_to_carrier, effect=rings),
    scoped(STEERED_SIP, run("export", "sip_h_Route=<sip:{host};lr>"), then=bridge_to_carrier, effect=rings),
    scoped(STEERED_SIP, run("export", "sip_destination_prefix={number}@{host};x="), shown=False),
    scoped("`uuid_deflect`, `deflect`", run("deflect", "sip:{number}@{host}"), before=(sip_call,), shown=False),
    scoped("`uuid_deflect`, `deflect`", run("redirect", "sip:{number}@{host}"), shown=False),
    Detour("`uuid_send_info", api("uuid_send_info", "{call} freeswitch api-request system:{evil}"), before=(sip_call,)),
    Detour("`uuid_send_info", run("send_info", "x"), shown=False),
]

ORIGINATE = "`originate dial extension dialplan"
TRANSFERS = "`transfer`, `execute_extension`"
CONTEXTS = [
    scoped(ORIGINATE, api("originate", HOLD + " {word} XML secret"), api("originate", HOLD + " hold XML default")),
    scoped(ORIGINATE, api("originate", HOLD + " {word} undef secret"), api("originate", HOLD + " hold")),
    scoped(ORIGINATE, originate(HOLD, extension="{word}", context="secret"), originate(HOLD, extension="hold")),
    scoped(ORIGINATE, originate(HOLD, extension="{word}", dialplan="XML", context="secret"),
           originate(HOLD, extension="park", dialplan="inline")),
    scoped("`loopback/extension", api("originate", "loopback/{word}/secret " + PARK), api("originate", HOLD + " " + PARK)),
    scoped("`loopback/extension", run("bridge", "loopback/{word}/secret/XML"), run("bridge", HOLD)),
    scoped("`uuid_transfer", api("uuid_transfer", "{call} {word} XML secret"),
           api("uuid_transfer", "{call} hold XML default")),
    scoped("`uuid_transfer", go_to("{word}", context="secret"), go_to("hold", context="default")),
    scoped("`uuid_dual_transfer", api("uuid_dual_transfer", "{call} {word}/XML/secret hold"),
           api("uuid_dual_transfer", "{call} hold/XML/default hold/XML/default")),
    scoped("`sched_transfer`, `uuid_limit", api("sched_transfer", "+1 {call} {word} XML secret"),
           api("sched_transfer", "+1 {call} hold XML default")),
    scoped("`sched_transfer`, `uuid_limit", api("uuid_limit", "{call} hash realm id 0 {word} XML secret"),
           needs="mod_hash"),
    scoped(TRANSFERS, run("transfer", "{word} XML secret"), run("transfer", "hold XML default")),
    scoped(TRANSFERS, run("execute_extension", "{word} XML secret"), run("execute_extension", "hold XML default")),
    scoped(TRANSFERS, run("sched_transfer", "+1 {word} XML secret"), run("sched_transfer", "+1 hold XML default")),
    scoped(TRANSFERS, run("limit", "hash r i 0 {word} XML secret"), needs="mod_hash"),
    scoped("`uuid_deflect`, `deflect`", api("uuid_deflect", "{call} {word} XML secret"), shown=False),
    scoped("`transfer_after_bridge`", variable("transfer_after_bridge", "{word}:XML:secret"),
           variable("transfer_after_bridge", "hold:XML:default"), then=bridge_and_end),
]

PLAYED = "`playback`, `loop_playback`"
RECORDED = "`record`, `record_session`"
STEERED = "`sound_prefix`"
FILES = [
    scoped(RECORDED, run("record", "{folder}/rec/../{out.name} 1"), run("record", "{folder}/rec/./a.wav 1"),
           effect=is_written, needs="mod_sndfile"),
    scoped(RECORDED, run("record", "{out} 1"), effect=is_written, needs="mod_sndfile"),
    scoped(RECORDED, run("record", "file_string://{folder}/rec/a.wav!{out} 1"), shown=False),
    scoped(RECORDED, run("record_session", "{folder}/rec//..//{out.name}"), run("record_session", "{folder}/rec/b.wav"),
           effect=is_written, needs="mod_sndfile"),
    scoped(RECORDED, api("uuid_record", "{call} start {folder}/rec/x/../../{out.name}"),
           api("uuid_record", "{call} start {folder}/rec/c.wav"), effect=is_written, shown=False),
    scoped(RECORDED, api("uuid_record", "{call} start {folder}/rec/../{out.name}"), effect=is_written,
           needs="mod_sndfile"),
    scoped(STEERED, run("record", "{{spool_path={folder}}}{folder}/rec/d.wav 1"), shown=False),
    scoped(PLAYED, run("playback", "{folder}/sounds/../secret.wav"), run("playback", SOUND), effect=is_played,
           needs="mod_sndfile"),
    scoped(PLAYED, run("playback", "file_string://" + SOUND + "!{folder}/secret.wav"),
           run("playback", "file_string://" + SOUND + "!" + SOUND), shown=False),
    scoped(PLAYED, run("playback", "file_string:///no/such.wav!{folder}/secret.wav"), effect=is_played,
           needs="mod_sndfile"),
    scoped(PLAYED, run("endless_playback", "{folder}/secret.wav"), run("loop_playback", "+1 " + SOUND), shown=False),
    scoped(PLAYED, api("uuid_broadcast", "{call} {folder}/secret.wav aleg"), api("uuid_broadcast", "{call} " + SOUND),
           effect=is_played, needs="mod_sndfile"),
    scoped(PLAYED, api("uuid_displace", "{call} start {folder}/secret.wav"), api("uuid_displace", "{call} start " + SOUND),
           shown=False),
    scoped(PLAYED, api("file_exists", "{folder}/sounds/../secret.wav"), api("file_exists", SOUND), shown=False),
    scoped(PLAYED, run("playback", "tone_stream://path={folder}/secret.wav"), shown=False),
    scoped(STEERED, variable("sound_prefix", "{folder}"), variable("sound_x", "1"), then=play_relative,
           effect=is_played, needs="mod_sndfile"),
    scoped(STEERED, run("set", "sound_prefix={folder}"), run("set", "sound_x=1"), then=play_relative, effect=is_played,
           needs="mod_sndfile"),
    scoped(STEERED, variable("playback_delimiter", ";"), then=play_two, effect=is_played, needs="mod_sndfile"),
    scoped("`ringback`", variable("ringback", "{folder}/secret.wav"), variable("ringback", "%(2000,4000,440,480)"),
           shown=False),
    scoped("`ringback`", variable("record_play_video", "{folder}/secret.wav"), shown=False),
    *(Detour("`shell_stream", run("playback", path), shown=False) for path in (
        "shell_stream://{evil}", "httapi://http://{host}/", "{{acme_x=1}}shell_stream://{evil}", "file_string://a!shell_stream://{evil}")),
]
NAMED = [*ENDPOINTS, *CONTEXTS, *FILES]
