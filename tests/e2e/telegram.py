# SPDX-License-Identifier: Apache-2.0
"""A Telegram for the end-to-end tests of the adapter, in the same words over two stand-ins: our own
(fake_telegram.py), always at hand, and the simulator of the shared rig, which holds every call against the
specification (telegram_rig_test.py). Messages are dicts with message_id, text, entities, reply_to and
reply_markup, where there is one."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import urllib.parse

import fake_telegram
import net
import proc

RIG = pathlib.Path(os.environ.get("PARLEY_RIG", net.ROOT.parent / "shared" / "rig"))


def post(port, path, body):
    with net.Client("127.0.0.1", port, 120) as c:
        return c.request("POST", path, body).json()


class Own:
    """Our own stand-in."""
    name = fake_telegram.BOT["username"]

    def __init__(self, fake):
        self.fake, self._sent = fake, {}

    def env(self):
        return dict(self.fake.env)

    def say(self, user, text, chat=None, type=None, reply_to=None, extra=None):
        """Somebody writes; the id of the update."""
        more = dict(extra or {})
        if reply_to:
            more["reply_to_message"] = self.fake.messages[chat, reply_to]
        m = self.fake.message(text, user=user, chat=chat, type=type, **more)
        self.fake.messages[m["chat"]["id"], m["message_id"]] = m
        return self.raw({"message": m})

    def know(self, user):
        """The chat is there, and nothing was said."""

    def know_all(self):
        """Every chat is there: for updates that a test brings by itself."""

    def raw(self, update):
        u = self.fake.push(**update)
        self._sent[u["update_id"]] = u
        return u["update_id"]

    def dup(self, update_id):
        self.fake.push_raw(json.dumps(self._sent[update_id]))

    def poison(self, update_id):
        """An update that is no JSON, and what comes after it is whole."""
        self.fake.update(update_id)
        self.fake.push_raw('{"update_id":%d,"message":{"text":"x}' % update_id, update_id)

    def press(self, user, message_id, data, chat=None):
        self.fake.press(self.fake.messages[chat or user, message_id], data, user)

    def pressed(self, n):
        """What the n-th press was answered with."""
        def text():
            done = [q for q in self.fake.queries.values() if q is not None]
            return done[n]["text"] if len(done) > n else None
        return self.fake.wait(f"press {n} is answered", text)

    def wait(self, chat, count, timeout):
        have = self.fake.wait_sent(chat, count, timeout=timeout)
        return [{**m, "reply_to": m.get("reply_to_message", {}).get("message_id")} for m in have]

    def fault(self, method, count=1, chat_id=None, status=None, retry_after=None, description=None, **how):
        if how.get("garbage", "").endswith("[]}"):
            raise net.Skip("this stand-in cannot do that")
        kinds = {"drop": "reset", "truncate_bytes": "cut", "garbage": "garbage", "hang": "hang",
                 "drop_after": "after", "half_open": "half-open"}
        self.fake.fault(method, status or kinds[next(iter(how))], count, chat_id, retry_after, description)

    def heal(self):
        self.fake.heal()

    def conflict(self):
        self.call("getUpdates", timeout=0)

    def block(self, user):
        self.fake.fault("sendMessage", 403, 1, user, description="Forbidden: bot was blocked by the user")

    def call(self, method, **args):
        return post(self.fake.port, f"/bot{self.fake.token}/{method}", args)

    def log(self, method):
        return [{"args": c.args} for c in self.fake.of(method)]

    def calls(self, method):
        return len(self.fake.of(method))

    def polling(self):
        return self.fake._poll is not None

    def pending(self):
        return len(self.fake.pending())

    def violations(self):
        return self.fake.violations


class Simulator:
    """The rig's telegram-sim.mjs."""
    token, name = "123456:TEST-TOKEN", "parley_test_bot"

    def __init__(self, port):
        self.port = port

    def env(self):
        return {"PARLEY_TELEGRAM__TOKEN": self.token,
                "PARLEY_TELEGRAM__API_BASE": f"http://127.0.0.1:{self.port}"}

    def _get(self, what, **query):
        with net.Client("127.0.0.1", self.port, 120) as c:
            return c.get(f"/_sim/{what}?{urllib.parse.urlencode(query)}")

    def _post(self, what, **body):
        return post(self.port, f"/_sim/{what}", {k: v for k, v in body.items() if v is not None})

    def _state(self):
        return self._get("state").json()

    def say(self, user, text, **more):
        return self._post("message", user=user, text=text, **more).get("update_id")

    def know(self, user):
        self.raw({"edited_message": {"message_id": 1, "date": 1, "chat": {"id": user, "type": "private"}}})

    def know_all(self):
        self._post("config", requireKnownChat=False)

    def raw(self, update):
        return self._post("raw", update=update)["update_id"]

    def dup(self, update_id):
        self._post("dup", update_id=update_id)

    def poison(self, update_id):
        raise net.Skip("this stand-in cannot do that")

    def press(self, user, message_id, data, chat=None):
        self._post("callback", user=user, message_id=message_id, data=data, chat=chat or user)

    def pressed(self, n):
        def text():
            done = [c for c in self._state()["callbacks"] if c["answered"]]
            return done[n]["answer"].get("text") if len(done) > n else None
        return net.wait_until(f"press {n} is answered", text)

    def wait(self, chat, count, timeout):
        r = self._get("wait", chat=chat, count=count, timeout=int(timeout * 1000 * net.SLOW))
        assert r.status == 200, f"chat {chat}: waited for {count} messages, have {r.body[:500]!r}"
        return r.json()

    def fault(self, **how):
        if "half_open" in how:
            raise net.Skip("this stand-in cannot do that")
        self._post("fault", **how)

    def heal(self):
        with net.Client("127.0.0.1", self.port) as c:
            c.request("DELETE", "/_sim/faults")

    def conflict(self):
        net.equal(self._post("conflict"), {"ok": True})

    def block(self, user):
        self._post("block", user=user)

    def call(self, method, **args):
        return post(self.port, f"/bot{self.token}/{method}", args)

    def log(self, method):
        return self._get("log", kind="call", method=method).json()

    def calls(self, method):
        return self._state()["calls"].get(method, 0)

    def polling(self):
        return self._state()["polling"]

    def pending(self):
        return len(self._state()["pending"])

    def violations(self):
        return self._get("violations").json()


@contextlib.contextmanager
def start():
    """A Telegram that nobody has talked to."""
    with fake_telegram.FakeTelegram() as fake:
        yield Own(fake)


@contextlib.contextmanager
def simulator():
    if not (RIG / "telegram-sim.mjs").is_file() or not shutil.which("node"):
        raise net.Skip("no simulator of the Bot API here")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    process = proc.Process(["node", RIG / "telegram-sim.mjs"], {**os.environ, "TG_PORT": str(port)})
    try:
        process.wait_log("telegram-sim on")
        yield Simulator(port)
    finally:
        if not process.reaped:
            process.kill()
