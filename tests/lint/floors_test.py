#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves floors.py: one include of each wrong kind is found where it stands, right ones are left alone.

    floors.py --self-test, or this file
"""
import pathlib
import sys

import floors
from cases import run_cases

# (file, include, words of the finding)
WRONG = [
    ("src/base/a.c", '"io/loop.h"', "points up: base is on floor 0, io on 1"),
    ("src/io/a.c", '"conf/config.h"', "points to the same floor"),
    ("src/conf/a.c", '"io/loop.h"', "points to the same floor"),
    ("src/store/a.c", '"llm/llm.h"', "points to the same floor"),
    ("src/llm/a.c", '"knowledge/knowledge.h"', "points up"),
    ("src/knowledge/a.c", '"pipeline/pipeline.h"', "points up"),
    ("src/pipeline/a.c", '"gateway/gateway.h"', "points up"),
    ("src/gateway/a.c", '"adapters/web/web.h"', "points to the same floor"),
    ("src/gateway/a.c", '"cli/cli.h"', "points up"),
    ("src/cli/a.c", '"adapters/adapters.h"', "points to the same floor"),
    ("adapters/web/a.c", '"store/store.h"', "may use base, chat, conf, io, rich"),
    ("adapters/web/a.c", '"gateway/gateway.h"', "may use base, chat, conf, io, rich"),
    ("adapters/web/a.c", '"adapters/telegram/wire.h"', "may use base, chat, conf, io, rich"),
    ("adapters/web/a.c", '"adapters/adapters.h"', "may use base, chat, conf, io, rich"),
    ("src/gateway/a.c", '"conf/config_impl.h"', "is private to conf"),
    ("src/cli/a.c", '"gateway/inside.h"', "is private to gateway"),
    ("src/base/a.c", '"str.h"', "names no floor"),
    ("src/base/a.c", '"../base/str.h"', "names no floor"),
    ("src/base/a.c", '"base/../io/loop.h"', "names no floor"),
    ("src/base/a.c", '"parley/base.h"', "names no floor"),
    ("src/base/a.c", '"tests/support/turn_kit.h"', "names no floor"),
    ("src/io/a.c", "<curl/curl.h>", "belongs to src/io/http*"),
    ("src/io/http.c", "<microhttpd.h>", "belongs to src/io/server*"),
    ("src/io/server.c", "<libwebsockets.h>", "belongs to src/io/ws*"),
    ("src/io/wsc.c", "<openssl/ssl.h>", "belongs to src/io/wsc_tls.c"),
    ("src/store/store.c", "<sqlite3.h>", "belongs to src/store/sqlite*, src/knowledge/kdb*"),
    ("src/vindex/flat.c", "<faiss/c_api/Index_c.h>", "belongs to src/vindex/faiss*"),
    ("src/pipeline/pii.c", "<pcre2.h>", "belongs to src/base/match.c"),
    ("src/pipeline/a.c", "<md4c.h>", "belongs to src/docs/*"),
    ("src/store/sqlite.c", "<sodium.h>", "belongs to src/base/hash.c"),
    ("src/gateway/a.c", "<uv.h>", "belongs to src/io/*"),
    ("src/llm/a.c", "<cjson/cJSON.h>", "belongs to src/base/json*"),
    ("src/base/a.c", "<gcrypt.h>", "neither the system's nor a library"),
    ("src/base/a.c", "<vector>", "neither the system's nor a library"),
    ("include/parley/a.h", '"base/str.h"', "a contract header sees"),
    ("include/parley/a.h", "<sqlite3.h>", "a contract header shows no library"),
    ("src/base/a.c", "HEADER", "computed include HEADER"),
    ("src/newdir/a.c", "<stdio.h>", "is on no floor"),
    ("src/other.c", "<stdio.h>", "is on no floor"),
]

RIGHT = [
    ("src/base/a.c", '"base/str.h"'), ("src/base/a.c", "<parley/base.h>"), ("src/io/loop.h", "<uv.h>"),
    ("src/io/wsc.c", "<libwebsockets.h>"), ("src/io/wsc_tls.c", "<openssl/ssl.h>"),
    ("src/io/a.c", "<sys/epoll.h>"), ("src/io/a.c", "<stdio.h>"),
    ("src/conf/a.c", '"conf/config_impl.h"'), ("src/llm/a.c", '"conf/config.h"'),
    ("src/llm/a.c", '"io/http.h"'),
    ("src/knowledge/kdb.c", "<sqlite3.h>"), ("src/pipeline/a.c", '"knowledge/knowledge.h"'),
    ("src/gateway/a.c", '"pipeline/pipeline.h"'), ("src/cli/a.c", '"gateway/gateway.h"'),
    ("adapters/web/a.c", '"adapters/web/inside.h"'), ("adapters/web/a.c", '"io/server.h"'),
    ("adapters/adapters.c", '"adapters/web/web.h"'), ("src/main.c", '"adapters/adapters.h"'),
    ("src/main.c", '"cli/cli.h"'), ("src/vindex/faiss_c_shim.cpp", "<string>"),
    ("include/parley/a.h", "<parley/base.h>"), ("include/parley/a.h", "<stdint.h>"),
]


class Tree:
    def __init__(self, where):
        self.root = pathlib.Path(where)

    def check(self, path, text):
        """Findings with nothing but this file there."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        found = floors.check(self.root)
        target.unlink()
        return found


def wrong__each_is_found_where_it_stands(t):
    for path, include, words in WRONG:
        found = t.check(path, f"/* x */\n#include {include}\n")
        line = 1 if words == "is on no floor" else 2
        assert len(found) == 1 and found[0][:2] == (path, line), f"{path} {include}: {found}"
        assert words in found[0][2], f"{words!r} is not in {found[0][2]!r}"


def right__is_left_alone(t):
    for path, include in RIGHT:
        found = t.check(path, f"#include {include}\n")
        assert not found, found


def shapes__of_the_directive(t):
    for text in ('#  include "io/loop.h"', '\t# include"io/loop.h" // why', '/* a */ \n#include "io/loop.h"'):
        assert t.check("src/base/a.c", text + "\n"), text
    for text in ('// #include "io/loop.h"', '/*\n#include "io/loop.h"\n*/', 'char *a = "\\n#include";'):
        assert not t.check("src/base/a.c", text + "\n"), text


def other_files__are_not_read(t):
    assert not t.check("src/store/schema/0001.sql", '#include "io/loop.h"\n')
    assert not t.check("tests/unit/base/a_test.c", '#include "cli/cli.h"\n')


CASES = [wrong__each_is_found_where_it_stands, right__is_left_alone, shapes__of_the_directive,
         other_files__are_not_read]


def main():
    return run_cases(CASES, Tree)


if __name__ == "__main__":
    sys.exit(main())
