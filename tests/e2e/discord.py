# SPDX-License-Identifier: Apache-2.0
"""A Discord for the end-to-end tests of the adapter, in the same words over two stand-ins: our own
(fake_discord.py), always at hand, and the simulator of the shared rig, which holds every call against
Discord's OpenAPI document. What only one of them can do skips the case.

People are ids, or small numbers (person()). Messages are dicts with id, channel_id, content, embeds,
components, reply_to, flags, edits, nonce. Interactions are ids; interaction() says what became of one.
"""
import base64
import contextlib
import json
import os
import re

import fake_discord
import fake_discord_sign as sign
import net
import proc
import rig
from fake_discord import CHANNEL, GUILD, OWNER, option, person

API = "/api/v10"
AGENT = "DiscordBot (https://test.invalid, 1)"
CREATE = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
DELETE = "DELETE /channels/{channel_id}/messages/{message_id}"
TYPING = "POST /channels/{channel_id}/typing"
THREAD = "POST /channels/{channel_id}/messages/{message_id}/threads"
DM = "POST /users/@me/channels"
CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
ORIGINAL = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
FOLLOWUP = "POST /webhooks/{webhook_id}/{webhook_token}"
COMMANDS = "PUT /applications/{application_id}/commands"
GUILD_COMMANDS = "PUT /applications/{application_id}/guilds/{guild_id}/commands"
GATEWAY = "GET /gateway/bot"

# What tells a route from the others of its method, for the simulator.
PARTS = {CREATE: "/messages", EDIT: "/channels/", DELETE: "/channels/", TYPING: "/typing", THREAD: "/threads",
         DM: "/users/@me/channels", CALLBACK: "/callback", ORIGINAL: "/messages/@original",
         FOLLOWUP: "/webhooks/", COMMANDS: "/commands", GUILD_COMMANDS: "/guilds/", GATEWAY: "/gateway/bot"}

EPHEMERAL, LOADING = 1 << 6, 1 << 7
PING_TYPE, COMMAND_TYPE, COMPONENT_TYPE, AUTOCOMPLETE_TYPE = 1, 2, 3, 4
FORGERIES = [*sign.FORGERIES, "replayed"]


def dm_channel(user):
    """The channel of somebody's direct messages."""
    return "6" + person(user)[1:]


def shown(m, edits=0):
    return {"id": m["id"], "channel_id": m["channel_id"], "content": m["content"], "embeds": m["embeds"],
            "components": m["components"], "flags": m["flags"], "edits": edits, "nonce": m.get("nonce"),
            "reply_to": (m.get("message_reference") or {}).get("message_id"), "attachments": m["attachments"]}


def message_id(message):
    return message["id"] if isinstance(message, dict) else message


def cannot():
    raise net.Skip("this stand-in cannot do that")


class Both:
    """What needs no stand-in but its key: calls of the interactions endpoint that mean nothing or lie."""

    def _ping_body(self):
        ping = {"id": self.new_id(), "application_id": self.app, "type": PING_TYPE, "token": "ping",
                "version": 1, "entitlements": [], "authorizing_integration_owners": {}}
        return json.dumps(ping).encode()

    def ping(self, url):
        """What Discord asks when an endpoint is saved: (status, JSON or None)."""
        body = self._ping_body()
        r = sign.post(url, body, self.signer.headers(body))
        return r.status, r.json() if r.status == 200 else None

    def forge(self, how, body=None):
        """(headers, body) of a call that must not be believed; `how` is one of FORGERIES but "replayed"."""
        return sign.forge(self.signer, how, body or self._ping_body())

    def forged(self, url, how, body=None, timeout=10):
        """(status, body) that the endpoint answers it with; of "replayed", the second time."""
        if how != "replayed":
            headers, body = self.forge(how, body)
        else:
            body = body or self._ping_body()
            headers = self.signer.headers(body)
            net.equal(sign.post(url, body, headers, timeout).status, 200, "the call to be replayed")
        r = sign.post(url, body, headers, timeout)
        return r.status, r.body

    def wait_state(self, timeout=10, **least):
        """Until each of these numbers of state() is at least so high: identifies=1, resumes=1, ready=1."""
        def enough():
            s = self.state()
            return s if all(s[k] >= n for k, n in least.items()) else None
        return net.wait_until(f"state {least}, is {self.state()}", enough, timeout)

    def wait_ready(self, timeout=10):
        return self.wait_state(timeout, ready=1)

    def verify(self, url):
        """Would Discord take this endpoint? It wants an answer to a ping and 401 for a bad signature."""
        return self.ping(url) == (200, {"type": 1}) and self.forged(url, "wrong_key")[0] == 401


class Own(Both):
    """Our own stand-in."""
    app, bot, guild, channel = fake_discord.APP, fake_discord.BOT, GUILD, CHANNEL

    def __init__(self, fake):
        self.fake, self.signer, self.new_id = fake, fake.signer, fake.snowflake

    def env(self):
        return dict(self.fake.env)

    # ---- people

    def add_channel(self, channel, guild=GUILD, **more):
        """A channel that is there from the start, and with it its guild."""
        return self.fake.add_channel(channel, guild, **more)

    def add_thread(self, thread, parent=None, owner=OWNER):
        """A thread that somebody, perhaps the bot, started before."""
        return self.fake.add_thread(thread, self.fake.channels[parent or CHANNEL], person(owner))

    def say(self, user, text, mention=False, dm=False, channel=None, reply_to=None, bot=False, roles=None,
            **more):
        """Somebody writes; the message's id. `more`: members of the event."""
        if roles:
            more["member"] = {"roles": roles}
        m = self.fake.say(text, user, mention, dm, channel or CHANNEL, message_id(reply_to), bot, **more)
        return m.data["id"]

    def command(self, name, user=OWNER, dm=False, sub=None, how=None, **options):
        """Somebody calls a command; the interaction's id. `how`: channel, locale, permissions, roles,
        user_install."""
        data = self.fake.command_data(name, options, sub=sub)
        return self.fake.deliver(self.fake.interaction(COMMAND_TYPE, data, user, dm, **(how or {})))

    def target_command(self, name, user, message_text, author=7, dm=False, how=None, **more):
        """Somebody chooses a command from the menu of a message that somebody wrote."""
        x = self.fake.interaction(COMMAND_TYPE, {}, user, dm, **(how or {}))
        m = fake_discord.Message({
            "id": self.new_id(), "type": 0, "channel_id": x.data["channel_id"], "content": message_text,
            "author": fake_discord.user_of(author), "timestamp": fake_discord.now_iso(), "flags": 0,
            "edited_timestamp": None, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
            "components": [], "pinned": False, "tts": False, "mention_everyone": False, **more}, False)
        x.data["data"] = {**self.fake.command_data(name, {}, kind=3), "target_id": m.data["id"],
                          "resolved": {"messages": {m.data["id"]: m.data}}}
        with self.fake.news:
            self.fake.messages[m.data["id"]] = m
        return self.fake.deliver(x)

    def autocomplete(self, name, user, option, value, sub=None, dm=False, how=None, **others):
        """Somebody types the option of a command; the interaction's id."""
        data = self.fake.command_data(name, typing(option, value, others), sub=sub)
        return self.fake.deliver(self.fake.interaction(AUTOCOMPLETE_TYPE, data, user, dm, **(how or {})))

    def press(self, user, message, custom_id, values=None, dm=False, how=None):
        """Somebody presses a button or chooses `values` from a list; the interaction's id."""
        return self.fake.deliver(self._pressed(user, message, custom_id, values, dm, how))

    def _pressed(self, user, message, custom_id, values, dm, how):
        m = self.fake.messages[message_id(message)].data
        how = {"channel": m["channel_id"], **(how or {})}
        data = {"custom_id": custom_id, "component_type": 3 if values else 2,
                **({"values": values} if values else {})}
        dm = dm or self.fake.channels[how["channel"]]["type"] == 1
        return self.fake.interaction(COMPONENT_TYPE, data, user, dm, message=m, **how)

    def http_interaction(self, url, name=None, user=OWNER, dm=False, sub=None, how=None, message=None,
                         custom_id=None, values=None, timeout=10, **options):
        """A command, or a press where `custom_id` is given, by a signed call to the endpoint: a dict with
        id, status, body, json, headers, ms."""
        if custom_id:
            x = self._pressed(user, message, custom_id, values, dm, how)
        else:
            data = self.fake.command_data(name, options, sub=sub)
            x = self.fake.interaction(COMMAND_TYPE, data, user, dm, **(how or {}))
        r = self.fake.deliver_http(x, url, timeout=timeout)
        return {"id": x.data["id"], "status": r.status, "body": r.body, "headers": dict(r.headers),
                "ms": r.ms, "json": r.json() if r.status == 200 else None}

    # ---- what became of it

    def _shown(self, number):
        m = self.fake.messages.get(number)
        return shown(m.data, m.edits) if m and not m.deleted else None

    def interaction(self, number):
        """{ack: None or {type, ms, via, data}, done, ephemeral, original, followups, edits}"""
        with self.fake.news:
            x = self.fake.interactions[number]
            return {"ack": x.ack, "done": bool(self.fake.done(x)), "ephemeral": x.ephemeral, "edits": x.edits,
                    "original": self._shown(x.original), "followups": [self._shown(f) for f in x.followups]}

    def wait_interaction(self, number, state="done", timeout=10, followups=0):
        """`state`: "ack", or "done": its answer is there and not only promised."""
        def there():
            x = self.interaction(number)
            return x if x[state] and len(x["followups"]) >= followups else None
        return self.fake.wait(f"interaction {state}", there, timeout)

    def wait(self, channel=None, count=1, timeout=10, text=None):
        """The bot's messages in a channel (None: of the guild) that all can see, when there are so many."""
        have = self.fake.wait_sent(channel or CHANNEL, count, text, timeout)
        return [shown(m.data, m.edits) for m in have]

    def sent(self, channel=None):
        with self.fake.news:
            return [shown(m.data, m.edits) for m in self.fake.sent(channel or CHANNEL)]

    def commands(self, guild=None):
        return self.fake.commands.get(guild, [])

    # ---- what goes wrong

    def gateway(self, action, **how):
        """To every open connection: reconnect, invalid(resumable), close(code), terminate(reset), zombie(on),
        heartbeat, ping, raw(text), fragment(text, size), binary(data), bytes(data), dispatch(t, d), expire
        (the session is forgotten), half_open. How many there were."""
        return self.fake.gateway(action, **how)

    def refuse(self, count=1, status=503):
        self.fake.refuse(count, status)

    def fault(self, method=None, path=None, count=1, **how):
        """See FakeDiscord.fault; `path` may be a route of this module."""
        self.fake.fault(method, path, count, **how)

    def deny(self, channel, status=403, code=50013, message="Missing Permissions"):
        """Every call to a channel, or to open one with somebody, is refused; status None: no more."""
        self.fake.denied.pop(channel, None)
        if status:
            self.fake.denied[channel] = status, code, message

    def heal(self):
        self.fake.heal()

    def config(self, **change):
        """Times and limits: see fake_discord.defaults()."""
        buckets = change.pop("buckets", {})
        for name in change:
            assert hasattr(self.fake.config, name), name
        vars(self.fake.config).update(change)
        self.fake.config.buckets.update(buckets)

    def down(self):
        self.fake.down()

    def up(self):
        self.fake.up()

    # ---- what was called

    def calls(self, route=None):
        """Each as a dict: route, method, path, body, status (None: not answered), at (Unix ms), ms."""
        with self.fake.news:
            return [{"route": c.route, "method": c.method, "path": c.path, "body": c.body, "status": c.status,
                     "at": c.at, "ms": int((c.ended - c.began) * 1000) if c.ended else None}
                    for c in self.fake.calls if route in (None, c.route)]

    def log(self, kind=None, **members):
        """What happened: "gw" has n, dir ("in", "out", "close"), op, t, s, d, code, by; at is Unix ms."""
        with self.fake.news:
            return matching(self.fake.log, kind, members)

    def state(self):
        with self.fake.news:
            f = self.fake
            live = [s for s in f.sessions.values() if f.live_session(s.id)]
            return {"connects": f.connects, "identifies": f.identifies, "resumes": f.resumes,
                    "open": len(f.links), "invalid": f.invalid, "ready": sum(bool(s.link) for s in live),
                    "sessions": [{"id": s.id, "seq": s.seq, "connected": bool(s.link), "intents": s.intents}
                                 for s in live],
                    "links": [{"n": x.number, "beats": x.beats, "first_beat_ms": x.first_beat_ms}
                              for x in f.links]}

    def violations(self):
        return self.fake.violations


def typing(name, value, others):
    return [option(k, v) for k, v in others.items()] + [{**option(name, value), "focused": True}]


def matching(log, kind, members):
    return [e for e in log if kind in (None, e["kind"]) and
            all(k in e and e[k] == v for k, v in members.items())]


class Simulator(Both):
    """The rig's discord-sim.mjs."""
    app = bot = "300000000000000001"
    guild, channel, token = GUILD, CHANNEL, "MTIzNDU2.TEST.TOKEN"
    CONFIG = {"heartbeat_ms": "heartbeatInterval", "hello_ms": "helloDelayMs", "no_hello": "noHello",
              "zombie": "zombie", "identify_s": "identifyPerSeconds", "concurrency": "maxConcurrency",
              "session_ttl_ms": "sessionTtlMs", "privileged": "privilegedIntents", "send_limit": "sendLimit",
              "deadline_ms": "interactionDeadlineMs", "token_ttl_ms": "tokenTtlMs", "buckets": "buckets",
              "global_limit": "globalLimit"}

    def __init__(self, port):
        self.port, self.signer, self._ids, self._refused = port, sign.Signer(bytes([7]) * 32), 0, []
        net.equal(self._get("health").json()["public_key"], self.signer.public_hex)
        self.config(buckets={"GET /channels/{channel_id}/messages": [1000, 1000]}, global_limit=100000)

    def new_id(self):
        self._ids += 1
        return str(900000000000000000 + self._ids)

    def env(self):
        return {"PARLEY_DISCORD__TOKEN": self.token, "PARLEY_DISCORD__APP_ID": self.app,
                "PARLEY_DISCORD__API_BASE": f"http://127.0.0.1:{self.port}{API}",
                "PARLEY_DISCORD__PUBLIC_KEY": self.signer.public_hex}

    def _get(self, what, **query):
        text = "&".join(f"{k}={v}" for k, v in query.items())
        with net.Client("127.0.0.1", self.port, 120) as c:
            return c.get(f"/_sim/{what}?{text}")

    def _post(self, what, **body):
        with net.Client("127.0.0.1", self.port, 120) as c:
            r = c.request("POST", f"/_sim/{what}", {k: v for k, v in body.items() if v is not None})
        assert r.status == 200, f"{what}: {r}"
        return r.json()

    def _messages(self, channel):
        """Those of a channel with all members, by id: the latest 50."""
        with net.Client("127.0.0.1", self.port) as c:
            r = c.request("GET", f"{API}/channels/{channel}/messages", authorization=f"Bot {self.token}",
                          user_agent=AGENT)
        assert r.status == 200, r
        return {m["id"]: m for m in r.json()}

    # ---- people

    def add_channel(self, channel, guild=GUILD, **more):
        cannot()

    def add_thread(self, thread, parent=None, owner=OWNER):
        cannot()

    def say(self, user, text, mention=False, dm=False, channel=None, reply_to=None, bot=False, roles=None,
            **more):
        where = dm_channel(user) if dm else channel or CHANNEL
        if roles or not dm and where != CHANNEL and not where.startswith("6"):
            cannot()
        if reply_to:
            to = self._messages(where)[message_id(reply_to)]
            mentions = [to["author"]] if to["author"]["id"] == self.bot else []
            more = {"referenced_message": to, **({"mentions": mentions} if mentions else {}), **more}
        return self._post("message", user=user_json(user), text=text, mention=mention, dm=dm,
                          channel=None if dm else channel, bot=bot, extra=more,
                          reply_to=message_id(reply_to) if reply_to else None)["id"]

    def _interaction(self, user, dm, how, **body):
        if set(how or {}) - {"channel"}:
            cannot()
        return self._post("interaction", user=user_json(user), dm=dm, **(how or {}), **body)

    @staticmethod
    def _options(options, sub):
        out = [option(k, v) for k, v in options.items()] if isinstance(options, dict) else options
        for i, part in enumerate(reversed(sub.split(" ") if sub else [])):
            out = [{"name": part, "type": 2 if i else 1, "options": out}]
        return out

    def command(self, name, user=OWNER, dm=False, sub=None, how=None, **options):
        return self._interaction(user, dm, how, command=name,
                                 options=self._options(options, sub))["interaction_id"]

    def target_command(self, name, user, message_text, author=7, dm=False, how=None, **more):
        cannot()

    def autocomplete(self, name, user, option, value, sub=None, dm=False, how=None, **others):
        options = self._options(typing(option, value, others), sub)
        return self._interaction(user, dm, how, type=AUTOCOMPLETE_TYPE, command=name,
                                 options=options)["interaction_id"]

    def press(self, user, message, custom_id, values=None, dm=False, how=None):
        return self._interaction(user, dm, how, **self._pressed(message, custom_id, values))["interaction_id"]

    @staticmethod
    def _pressed(message, custom_id, values):
        return {"custom_id": custom_id, "message_id": message_id(message), "values": values,
                "component_type": 3 if values else 2}

    def http_interaction(self, url, name=None, user=OWNER, dm=False, sub=None, how=None, message=None,
                         custom_id=None, values=None, timeout=10, **options):
        body = self._pressed(message, custom_id, values) if custom_id else \
            {"command": name, "options": self._options(options, sub)}
        r = self._interaction(user, dm, how, via="http", url=url, **body)
        self._refused += [r[k] for k in ("schemaErrors", "refused") if r.get(k)]
        return {"id": r["interaction_id"], "status": r["status"], "body": r.get("body", "").encode(),
                "headers": r.get("headers", {}), "ms": r["ms"], "json": r.get("json")}

    # ---- what became of it

    def _became(self, x):
        flags = ((x["ack"] or {}).get("data") or {}).get("flags") or 0
        return {"ack": x["ack"], "done": bool(x["ack"]) and not x["loading"], "edits": x["edits"],
                "ephemeral": bool(flags & EPHEMERAL), "original": x["original"] and shown(x["original"]),
                "followups": [shown(m) for m in x["followups"]]}

    def interaction(self, number):
        return self._became(self._get("interaction", id=number).json())

    def wait_interaction(self, number, state="done", timeout=10, followups=0):
        def there():
            x = self.interaction(number)
            return x if x[state] and len(x["followups"]) >= followups else None
        return net.wait_until(f"interaction {state}: {self.interaction(number)}", there, timeout)

    def sent(self, channel=None):
        channel = channel or CHANNEL
        seen = [m for m in self._get("channel", id=channel).json()
                if m["from_bot"] and not m["flags"] & (EPHEMERAL | LOADING)]
        whole = self._messages(channel) if any(m["embeds"] for m in seen) else {}
        return [{"embeds": None, **m, "channel_id": channel, "nonce": None,
                 **({k: v for k, v in shown(whole[m["id"]], m["edits"]).items()} if m["id"] in whole else {})}
                for m in seen]

    def wait(self, channel=None, count=1, timeout=10, text=None):
        def there():
            have = [m for m in self.sent(channel) if text is None or text in m["content"]]
            return have if len(have) >= count else None
        return net.wait_until(f"{count} messages in {channel}, have {self.sent(channel)}", there, timeout)

    def commands(self, guild=None):
        return self._get("state").json()["commands"].get(guild or "global", [])

    # ---- what goes wrong

    def gateway(self, action, **how):
        if action in ("bytes", "half_open"):
            cannot()
        how.pop("reset", None)
        if "data" in how:
            how["base64"] = base64.b64encode(how.pop("data")).decode()
        return self._post("gw", action=action, **how)["applied"]

    def refuse(self, count=1, status=503):
        if not status:
            cannot()
        self._post("refuse", count=count, status=status)

    def fault(self, method=None, path=None, count=1, **how):
        if how.get("half_open") or (how.get("html") and how.get("status") == 429):
            cannot()
        if how.pop("html", False):
            how = {"status": 502, **how, "garbage": "<html>502</html>", "content_type": "text/html"}
        if how.get("scope") == "global":
            how["global"] = True
        if path in PARTS:
            method, path = path.partition(" ")[0], PARTS[path]
        self._post("fault", method=method, path=path, count=count, **how)

    def deny(self, channel, status=403, code=50013, message="Missing Permissions"):
        if not status:
            return self.heal()
        how = {"status": status, "code": code, "message": message}
        return self.fault(path=f"/channels/{channel}/", count=100000, **how)

    def heal(self):
        with net.Client("127.0.0.1", self.port) as c:
            c.request("DELETE", "/_sim/faults")

    def config(self, **change):
        if set(change) - set(self.CONFIG):
            cannot()
        if "identify_s" in change:
            self._post("config", enforceIdentifyLimit=bool(change["identify_s"]))
        self._post("config", **{self.CONFIG[k]: v for k, v in change.items()})

    def down(self):
        cannot()

    def up(self):
        cannot()

    # ---- what was called

    def calls(self, route=None):
        method, _, template = (route or "").partition(" ")
        path = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) or ".*")
        return [{"route": e.get("route"), "method": e["method"], "path": e["path"], "body": e.get("body"),
                 "status": e["status"] if isinstance(e.get("status"), int) else None, "at": e["t"],
                 "ms": e.get("ms")} for e in self._get("log", kind="rest").json()
                if method in ("", e["method"]) and path.fullmatch(e["path"].removeprefix(API)) and
                e.get("ua") != AGENT]

    def log(self, kind=None, **members):
        log = self._get("log").json()
        return matching([{**e, "at": e.get("t")} for e in log], kind, members)

    def state(self):
        s = self._get("state").json()
        return {"connects": s["connects"], "identifies": s["identifies"], "resumes": s["resumed"],
                "open": len(s["open"]), "invalid": s["invalidRequests"], "sessions": s["sessions"],
                "ready": sum(x["connected"] for x in s["sessions"]),
                "links": [{"n": x["n"], "beats": x["beats"], "first_beat_ms": x.get("firstBeatMs")}
                          for x in s["open"]]}

    def violations(self):
        """With the simulator's complaints of its own answers, but for those that it repeats what was sent
        without what Discord would have added: the id of a component, inline of a field, a string of the
        permissions that the document wants sent as a number."""
        echo = re.compile(r"\S*/(embeds|components)/\S* must have required property '\w+'|"
                          r"/\d+/default_member_permissions must be string,null")
        own = [e for e in self._get("selfcheck").json() if not all(map(echo.fullmatch, e["errors"]))]
        log = self._get("log", kind="unimplemented").json()
        return self._get("violations").json() + own + self._refused + log


def user_json(user):
    return {**user, "id": person(user)} if isinstance(user, dict) else person(user)


@contextlib.contextmanager
def start():
    """A Discord that nobody has talked to."""
    with fake_discord.FakeDiscord() as fake:
        yield Own(fake)


@contextlib.contextmanager
def simulator():
    if not rig.installed() or not (rig.COPY / "discord-sim.mjs").is_file():
        raise net.Skip("no simulator of Discord here")
    port, resume = rig.free_port(), rig.free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("DC_")}
    process = proc.Process(["node", rig.COPY / "discord-sim.mjs"],
                           {**env, "DC_PORT": str(port), "DC_RESUME_PORT": str(resume)})
    try:
        process.wait_log("discord-sim on")
        yield Simulator(port)
    finally:
        if not process.reaped:
            process.kill()
