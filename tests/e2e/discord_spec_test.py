# SPDX-License-Identifier: Apache-2.0
"""The bodies we send to Discord, held against its OpenAPI document where the shared rig is at hand
(PARLEY_RIG, default ../shared/rig); else skipped.

The bodies are those that the unit tests build: with PARLEY_BODIES=FILE they append each behind the name of
its schema ("[Name" = a list of them). A member that no schema knows is a fault too: Discord would ignore it.
"""
import functools
import json
import os
import pathlib
import subprocess
import tempfile

import net

RIG = pathlib.Path(os.environ.get("PARLEY_RIG", net.ROOT.parent / "shared" / "rig"))
SPEC = RIG / "specs/discord-openapi.json"
TESTS = [net.BUILD / f"tests/unit/discord/{name}_test" for name in ("wire_body", "wire_command", "format")]
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
         "number": (int, float)}


@functools.cache
def schemas():
    return json.loads(SPEC.read_text())["components"]["schemas"]


@functools.cache
def bodies():
    with tempfile.TemporaryDirectory() as where:
        path = pathlib.Path(where) / "bodies"
        for test in TESTS:
            subprocess.run([str(test)], check=True, capture_output=True, timeout=120 * net.SLOW,
                           env={**os.environ, "PARLEY_BODIES": str(path)})
        return [line.split(" ", 1) for line in path.read_text().splitlines()]


def fits(value, kind):
    return isinstance(value, KINDS[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))


def faults(value, schema, where):
    if "$ref" in schema:
        yield from faults(value, schemas()[schema["$ref"].rsplit("/", 1)[1]], where)
        return
    for key in ("oneOf", "anyOf"):
        if key in schema and "const" not in schema[key][0]:
            yield from min((list(faults(value, s, where)) for s in schema[key]), key=len)
            return
    for part in schema.get("allOf", []):
        yield from faults(value, part, where)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(fits(value, k) for k in kinds):
        yield f"{where} is no {kinds}"
        return
    if schema.get("enum") and value not in schema["enum"]:
        yield f"{where} is {value!r}, none of {schema['enum']}"
    if "oneOf" in schema and value not in [s["const"] for s in schema["oneOf"]]:
        yield f"{where} is {value!r}, none of the constants"
    yield from sizes(value, schema, where)
    if isinstance(value, dict):
        yield from members(value, schema, where)
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{where}[{i}]")


def sizes(value, schema, where):
    size = len(value) if isinstance(value, (str, list)) else value
    least, most = {str: ("minLength", "maxLength"), list: ("minItems", "maxItems")}.get(
        type(value), ("minimum", "maximum"))
    if isinstance(size, (int, float)) and not isinstance(size, bool):
        if size < schema.get(least, size) or size > schema.get(most, size):
            yield f"{where} is out of bounds: {size}"
    if isinstance(value, list) and schema.get("uniqueItems") and len(set(map(str, value))) < len(value):
        yield f"{where} has one item twice"


def members(value, schema, where):
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}.{name} is missing"
    for name, item in value.items():
        if name in known:
            yield from faults(item, known[name], f"{where}.{name}")
        elif rest:
            yield from faults(item, rest, f"{where}.{name}")
        else:
            yield f"{where}.{name} is unknown"


@net.case
def bodies__are_as_the_document_says():
    found = []
    for name, text in bodies():
        value = json.loads(text)
        for i, one in enumerate(value if name[0] == "[" else [value]):
            found += faults(one, schemas()[name.lstrip("[")], f"{name}#{i}")
    assert not found, found
    assert len(bodies()) > 15, len(bodies())
    assert len({name for name, _ in bodies()}) >= 10


@net.case
def checks__find_what_is_wrong():
    wrong = (({"content": 7}, "is no"), ({"contents": "x"}, "unknown"),
             ({"content": "x" * 4001}, "out of bounds"),
             ({"embeds": [{"fields": [{"name": "x"}]}]}, "missing"),
             ({"components": [{"type": 1, "components": []}]}, "out of bounds"))
    for body, part in wrong:
        text = str(list(faults(body, schemas()["MessageCreateRequest"], "x")))
        assert part in text, (body, text)


if SPEC.is_file():
    net.main()
print(f"skipped: no {SPEC}")
