# SPDX-License-Identifier: Apache-2.0
"""The calls we make and the updates we test with, held against the specification of the Bot API where the
shared rig is at hand (PARLEY_RIG, default ../shared/rig). Our own rules are held against them always.

The calls are tests/golden/telegram_calls.txt, which wire_call_test.c produces to the letter; the updates are
the fuzz corpus without its bad_* files."""
import functools
import json
import os
import pathlib

import net
from fake_telegram_rules import METHODS, check_call

RIG = pathlib.Path(os.environ.get("PARLEY_RIG", net.ROOT.parent / "shared" / "rig"))
SPEC = RIG / "specs/telegram-bot-api.json"
CALLS = net.ROOT / "tests/golden/telegram_calls.txt"
UPDATES = net.ROOT / "tests/fuzz/corpus/tg_updates"
PLAIN = {"Integer": int, "String": str, "Boolean": bool, "True": bool, "Float": (int, float)}


@functools.cache
def spec():
    if not SPEC.is_file():
        raise net.Skip(f"no {SPEC}")
    return json.loads(SPEC.read_text())


def calls():
    for line in CALLS.read_text().splitlines():
        method, _, body = line.partition(" ")
        yield method, json.loads(body)


def faults(value, kinds, where):
    """What is wrong with a value that may be of one of `kinds`: that of the kind it fits best."""
    return min((list(_faults(value, kind, where)) for kind in kinds), key=len)


def _faults(value, kind, where):
    if kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (isinstance(value, bool) and bool is not PLAIN[kind]):
            yield f"{where} is no {kind}"
    elif kind.startswith("Array of "):
        if not isinstance(value, list):
            yield f"{where} is no array"
            return
        for i, item in enumerate(value):
            yield from faults(item, [kind.removeprefix("Array of ")], f"{where}[{i}]")
    elif spec()["types"][kind].get("subtypes"):
        yield from faults(value, spec()["types"][kind]["subtypes"], where)
    else:
        yield from members(value, spec()["types"][kind].get("fields", []), where)


def members(value, fields, where):
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    known = {f["name"]: f for f in fields}
    for name in value.keys() - known.keys():
        yield f"{where} has no member {name}"
    for name, f in known.items():
        if name in value:
            yield from faults(value[name], f["types"], f"{where}.{name}")
        elif f["required"]:
            yield f"{where}.{name} is missing"


@net.case
def calls__are_as_the_specification_says():
    for method, body in calls():
        fields = spec()["methods"][method].get("fields", [])
        net.equal(list(members(body, fields, method)), [])


@net.case
def calls__keep_our_own_rules():
    violations, seen = [], set()
    for method, body in calls():
        check_call(method, body, violations)
        seen.add(method)
    net.equal(violations, [])
    assert len(seen) >= 8, seen


@net.case
def updates__are_as_the_specification_says():
    count = 0
    for path in sorted(UPDATES.glob("*.json")):
        if path.name.startswith("bad_"):
            continue
        answer = json.loads(path.read_text())
        kind = "User" if path.name == "me.json" else "Update" if "update_id" in answer else "Array of Update"
        net.equal(faults(answer.get("result", answer), [kind], path.name), [])
        count += 1
    assert count >= 10, count


@net.case
def rules__have_no_member_that_the_specification_has_not():
    for method, rule in METHODS.items():
        fields = {f["name"]: f for f in spec()["methods"][method].get("fields", [])}
        for member in rule:
            assert member.rstrip("!") in fields, f"{method}.{member}"
        required = {name for name, f in fields.items() if f["required"]}
        missing = required - {name.rstrip("!") for name in rule}
        assert not missing, f"{method}: {missing}"


@net.case
def checker__finds_what_is_wrong():
    wrong = [({"update_id": "7"}, "update_id is no Integer"), ({}, "update_id is missing"),
             ({"update_id": 7, "news": 1}, "no member news"),
             ({"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {"id": 1}}},
              "chat.type is missing"),
             ({"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"},
                                           "entities": [{"type": "bold", "offset": True, "length": 1}]}},
              "entities[0].offset is no Integer")]
    for value, says in wrong:
        found = faults(value, ["Update"], "update")
        assert len(found) == 1 and says in found[0], found


net.main()
