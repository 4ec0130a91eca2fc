# SPDX-License-Identifier: Apache-2.0
"""A Discord of our own on loopback, in the test's process: REST and gateway version 10, and signed calls of
an interactions endpoint. No rig, no node, no network.

    with fake_discord.FakeDiscord() as dc, net.Daemon(env=dc.env) as d:
        dc.wait_ready()
        dc.say("What is gas?", mention=True)
        dc.wait_sent(fake_discord.CHANNEL)

REST, gateway and control are one object: what people do comes first below, then what a test looks at. The
gateway for resumes has a port of its own. Every call is checked (fake_discord_rules.py); what is wrong is
refused where Discord would, and stands in `violations` in any case. `config` holds the times and limits.
"""
import collections
import json
import secrets
import threading
import time
import types

import fake_discord_rest
import fake_discord_rules as rules
import fake_discord_ws as ws
from fake_discord_gateway import PRIVILEGED, Gateway
from fake_discord_rules import EPHEMERAL, LOADING, Form, Refused
from fake_discord_sign import Signer, post
from wire import SLOW

TOKEN = "MTAw.FAKE.TOKEN-of-discord"
APP, BOT = "300000000000000001", "300000000000000002"
GUILD, CHANNEL, OWNER = "400000000000000001", "500000000000000001", "200000000000000001"
EPOCH_MS = 1420070400000
EVERYTHING = str((1 << 49) - 1)  # permissions
CALLBACK_BUCKET = 1000, 1000
OPTION_TYPES = {bool: 5, int: 4, float: 10, str: 3}


def defaults():
    return types.SimpleNamespace(
        heartbeat_ms=41250, hello_ms=0, no_hello=False, zombie=False,
        identify_s=0, concurrency=1, remaining=1000, reset_after_ms=14400000, shards=1,
        session_ttl_ms=60000, privileged=PRIVILEGED, send_limit=120, send_window_ms=60000,
        deadline_ms=3000, token_ttl_ms=15 * 60 * 1000, nonce_ms=300000, edit_gap_ms=0, global_limit=50,
        buckets={"default": (5, 5000), "GET /gateway/bot": (50, 5000),
                 "POST /interactions/{interaction_id}/{interaction_token}/callback": CALLBACK_BUCKET},
        bucket_names={})  # routes that share a bucket: route -> any name


def person(user):
    """The id of somebody: a number that is short is made a snowflake."""
    if isinstance(user, dict):
        return user["id"]
    return str(200000000000000000 + user) if isinstance(user, int) and user < 10 ** 15 else str(user)


def user_of(user, bot=False):
    known = user if isinstance(user, dict) else {}
    name = f"user{person(user)[-4:]}"
    return {"id": person(user), "username": name, "global_name": None, "avatar": None, "discriminator": "0",
            **({"bot": True} if bot else {}), **known}


def option(name, value):
    return {"name": name, "type": OPTION_TYPES[type(value)], "value": value}


def now_iso():
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f"{now % 1:.6f}"[1:] + "+00:00"


class Message:
    """`data` is the message as Discord shows it; `interaction` the id of the one that it answers."""

    def __init__(self, data, own, interaction=None):
        self.data, self.own, self.interaction = data, own, interaction
        self.edits, self.deleted, self.edited = 0, False, 0  # edited: monotonic, of the last one


class Interaction:
    """`ack`: None, or how it was answered: type, via ("rest", "http"), ms, data."""

    def __init__(self, data):
        self.data, self.began, self.ack = data, time.monotonic(), None
        self.original, self.edits, self.followups = None, 0, []

    @property
    def ephemeral(self):
        flags = ((self.ack or {}).get("data") or {}).get("flags") or 0
        return bool(flags & EPHEMERAL)


class FakeDiscord(fake_discord_rest.Rest, Gateway):
    app, bot = APP, BOT

    def __init__(self, token=TOKEN, seed=bytes([9]) * 32):
        self.token, self.signer, self.config = token, Signer(seed), defaults()
        self.calls, self.violations, self.log, self.messages, self.interactions = [], [], [], {}, {}
        self.tokens, self._over = {}, collections.Counter()  # token -> Interaction; calls once it is over
        self.commands = {}  # guild or None: global -> as stored
        self.guilds, self.channels = [GUILD], {}
        self.denied = {}  # channel or user -> (status, code, message) that every call to it gets
        self.nonces, self.repeats = {}, 0  # (channel, nonce) -> (message, when); creates that were none
        self.connects = self.identifies = self.resumes = self.invalid = 0
        self.links, self.sessions, self.identified = set(), {}, []
        self.refusals = [0, 503]  # upgrades to refuse, and how; status 0: a reset
        self._faults, self._pause, self._buckets = [], {}, {}
        self._calls_of_1_s, self._global_until = [], 0
        self._count, self._servers, self._peers = 0, [], set()
        self.port = self.resume_port = 0
        self.news, self.epoch = threading.Condition(), 0  # epoch: counts down()
        self.add_channel(CHANNEL)
        self.up()

    # ---- for the daemon -----------------------------------------------------------------------------

    @property
    def api_base(self):
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self):
        return f"ws://127.0.0.1:{self.port}/gateway"

    @property
    def resume_url(self):
        return f"ws://127.0.0.1:{self.resume_port}/resume"

    @property
    def env(self):
        return {"PARLEY_DISCORD__TOKEN": self.token, "PARLEY_DISCORD__API_BASE": self.api_base,
                "PARLEY_DISCORD__APP_ID": self.app, "PARLEY_DISCORD__PUBLIC_KEY": self.signer.public_hex}

    def up(self):
        """Listens, after down() on the same ports again."""
        self._servers = [ws.Server(self, self.port), ws.Server(self, self.resume_port)]
        self.port, self.resume_port = (s.port for s in self._servers)

    def down(self):
        """Refuses new connections and cuts the open ones; sessions and messages stay."""
        for s in self._servers:
            s.down()
        with self.news:
            self.epoch += 1
            self._servers = []
            for link in list(self.links):
                link.socket.terminate()
            for peer in list(self._peers):
                peer.cut()
            self.news.notify_all()

    def serve(self, peer, port):
        """One connection, in a thread of its own."""
        with self.news:
            self._peers.add(peer)
        try:
            while True:
                request = ws.read_request(peer)
                if request.wants_websocket():
                    return self._upgrade(peer, port, request)
                if not fake_discord_rest.serve(self, peer, request):
                    return None
        finally:
            with self.news:
                self._peers.discard(peer)

    def _upgrade(self, peer, port, request):
        with self.news:
            refused = self.refusals[0] > 0
            self.refusals[0] -= refused
            status = self.refusals[1] if refused else 0
            if refused:
                self.note("gw-refused", port=port)
        if refused and not status:
            return peer.cut()
        if refused:
            return ws.answer(peer, status, b"", {"Connection": "close"})
        wrong, said = ws.handshake(request)
        if wrong:
            self.violations.append(f"gateway: {wrong}")
        peer.send(said)
        return None if wrong else self.open_gateway(peer, port, request.query)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    # ---- what there is ------------------------------------------------------------------------------

    def snowflake(self):
        with self.news:
            self._count += 1
            return str((int(time.time() * 1000) - EPOCH_MS << 22) + (self._count & 0x3FFFFF))

    def bot_user(self):
        return {**user_of({"id": self.bot, "username": "parley-fake"}, bot=True), "discriminator": "0000"}

    def member(self, user, roles=(), permissions=EVERYTHING):
        return {"user": user, "roles": list(roles), "nick": None, "avatar": None, "joined_at": now_iso(),
                "deaf": False, "mute": False, "flags": 0, "pending": False, "permissions": permissions}

    def add_channel(self, channel, guild=GUILD, **more):
        with self.news:
            if guild not in self.guilds:
                self.guilds.append(guild)
            self.channels[channel] = {"id": channel, "type": 0, "guild_id": guild, "name": "general",
                                      "position": 0, "parent_id": None, "flags": 0, **more}
            return self.channels[channel]

    def add_thread(self, thread, parent, owner, name="a thread"):
        return self.add_channel(thread, parent["guild_id"], type=11, name=name, parent_id=parent["id"],
                                owner_id=owner, message_count=0, member_count=1, thread_metadata={
                                    "archived": False, "auto_archive_duration": 1440, "locked": False})

    def add_dm(self, user):
        """The channel of direct messages with somebody."""
        user = user_of(user)
        channel = "6" + user["id"][1:]
        with self.news:
            self.channels.setdefault(channel, {"id": channel, "type": 1, "flags": 0, "recipients": [user]})
            return self.channels[channel]

    def guild(self, guild):
        mine = [c for c in self.channels.values() if c.get("guild_id") == guild]
        return {"id": guild, "name": "A guild", "owner_id": OWNER, "unavailable": False, "large": False,
                "member_count": 2, "joined_at": now_iso(), "members": [self.member(self.bot_user())],
                "channels": [c for c in mine if c["type"] != 11], "presences": [], "voice_states": [],
                "threads": [c for c in mine if c["type"] == 11], "emojis": [], "features": [],
                "roles": [{"id": guild, "name": "@everyone", "permissions": EVERYTHING, "position": 0}]}

    def note(self, kind, **what):
        with self.news:
            self.log.append({"kind": kind, "at": int(time.time() * 1000), **what})

    # ---- messages -----------------------------------------------------------------------------------

    def add_message(self, channel, body, author, files=(), interaction=None, **more):
        """A message by anybody; the bot hears of it as well, unless only one person sees it."""
        where = self.channels[channel]
        data = {"id": self.snowflake(), "type": 0, "channel_id": channel, "author": author,
                "content": body.get("content") or "", "timestamp": now_iso(), "edited_timestamp": None,
                "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
                "attachments": [{"id": str(i), "filename": name, "size": len(data), "url": "http://x.invalid"}
                                for i, (_, name, data) in enumerate(files)],
                "embeds": [{"type": "rich", **e} for e in body.get("embeds") or []],
                "components": body.get("components") or [], "pinned": False, "flags": body.get("flags") or 0}
        if where["type"] == 11:
            where["message_count"] += 1
            data["position"] = where["message_count"]
        if body.get("message_reference"):
            self._refer(data, channel, body["message_reference"])
        if body.get("nonce") is not None:
            data["nonce"] = body["nonce"]
        if interaction:
            by = interaction.data.get("user") or interaction.data["member"]["user"]
            data.update(webhook_id=self.app, application_id=self.app, type=20, interaction_metadata={
                "id": interaction.data["id"], "type": interaction.data["type"], "user": by,
                "authorizing_integration_owners": interaction.data["authorizing_integration_owners"]})
        data.update(more)
        m = Message(data, author["id"] == self.bot, interaction and interaction.data["id"])
        with self.news:
            self.messages[data["id"]] = m
            self.news.notify_all()
        if not data["flags"] & EPHEMERAL:
            self._tell("MESSAGE_CREATE", m)
        return m

    def _refer(self, data, channel, reference):
        to = self.messages.get(reference.get("message_id"))
        data.update(type=19, message_reference={"type": 0, "channel_id": channel, **reference})
        if to:
            data["referenced_message"] = {k: v for k, v in to.data.items() if k != "referenced_message"}

    def _tell(self, event, m):
        """How many sessions heard of it."""
        where = self.channels[m.data["channel_id"]]
        guild, data = where.get("guild_id"), {"channel_type": where["type"], **m.data}
        if guild:
            member = {k: v for k, v in self.member(None).items() if k not in ("user", "permissions")}
            data = {"guild_id": guild, "member": member, **data}
        return self.event(event, data, guild, guild is None, m.own)

    def change(self, m, call):
        """An edit by the bot; the message as it is now."""
        now, body, data = time.monotonic(), call.body, dict(m.data)
        for key, empty in (("content", ""), ("embeds", []), ("components", [])):
            if key in body:
                data[key] = body[key] or empty
        if not rules.is_there(data):
            raise Refused(400, 50006, "Cannot send an empty message")
        again = all(data[k] == m.data[k] for k in ("content", "embeds", "components"))
        if m.edited and now < m.edited + self.config.edit_gap_ms / 1000 and not again:
            self.violations.append(f"{call.route}: {now - m.edited:.2f} s after the edit before")
        keep = m.data["flags"] & ~LOADING
        data.update(edited_timestamp=now_iso(), flags=keep | (body.get("flags") or 0))
        m.data, m.edited, m.edits = data, now, m.edits + 1
        if not data["flags"] & EPHEMERAL:
            self._tell("MESSAGE_UPDATE", m)
        self.news.notify_all()
        return data

    def remove(self, m):
        m.deleted = True
        where = self.channels[m.data["channel_id"]]
        self.event("MESSAGE_DELETE", {"id": m.data["id"], "channel_id": where["id"]}, where.get("guild_id"),
                   where["type"] == 1, True)

    # ---- what people do -------------------------------------------------------------------------------

    def say(self, text, user=OWNER, mention=False, dm=False, channel=CHANNEL, reply_to=None, bot=False,
            **more):
        """Somebody writes: the Message. `more` becomes members of the event: attachments, webhook_id..."""
        who = user_of(user, bot)
        where = self.add_dm(who)["id"] if dm else channel
        more.setdefault("mentions", [self.bot_user()] if mention else [])
        body = {"content": f"<@{self.bot}> {text}" if mention else text}
        if reply_to:
            to = self.messages[reply_to]
            more["mentions"] = more["mentions"] or ([to.data["author"]] if to.own else [])
            body["message_reference"] = {"message_id": reply_to}
        return self.add_message(where, body, who, **more)

    def interaction(self, kind, data, user=OWNER, dm=False, channel=CHANNEL, message=None, locale="en-US",
                    permissions=EVERYTHING, roles=(), user_install=False, **more):
        """Somebody calls for the bot: the Interaction, known but not delivered."""
        who, where = user_of(user), self.add_dm(user) if dm else self.channels[channel]
        guild, owners = where.get("guild_id"), {"0": where.get("guild_id") or "0"}
        d = {"id": self.snowflake(), "application_id": self.app, "type": kind, "data": data, "version": 1,
             "token": "aW50ZXJhY3Rpb24" + secrets.token_urlsafe(150),
             "channel_id": where["id"], "channel": where, "app_permissions": EVERYTHING, "locale": locale,
             "entitlements": [], "context": 1 if dm else 0, "attachment_size_limit": 10485760,
             "authorizing_integration_owners": {"1": who["id"]} if user_install else owners}
        if guild:
            d.update(guild_id=guild, guild_locale="en-US", member=self.member(who, roles, permissions),
                     guild={"id": guild, "locale": "en-US", "features": []})
        else:
            d["user"] = who
        if message:
            d["message"] = message
        x = Interaction({**d, **more})
        with self.news:
            self.interactions[d["id"]] = self.tokens[d["token"]] = x
        return x

    def command_data(self, name, options, kind=1, sub=None):
        """`options`: a dict or a list of what Discord sends; `sub`: "status" or "group status"."""
        found = [c for cs in self.commands.values() for c in cs if (c["name"], c["type"]) == (name, kind)]
        options = [option(k, v) for k, v in options.items()] if isinstance(options, dict) else options
        for i, part in enumerate(reversed(sub.split(" ") if sub else [])):
            options = [{"name": part, "type": 2 if i else 1, "options": options}]
        return {"id": found[0]["id"] if found else self.snowflake(), "name": name, "type": kind,
                **({"options": options} if options else {})}

    def deliver(self, x):
        """By the gateway; its id."""
        guild = x.data.get("guild_id")
        with self.news:
            x.began = time.monotonic()
            self.event("INTERACTION_CREATE", x.data, guild, guild is None)
        return x.data["id"]

    def deliver_http(self, x, url, headers=None, timeout=None):
        """By a signed call: the wire.Response. What it says is taken as the answer, but for a 202."""
        body = json.dumps(x.data, ensure_ascii=False).encode()
        x.began = time.monotonic()
        r = post(url, body, headers or self.signer.headers(body), timeout or 10)
        r.ms = int((time.monotonic() - x.began) * 1000)
        if r.status != 200:
            return r
        if "application/json" not in (r.headers.get("Content-Type") or ""):
            self.violations.append("interactions endpoint: an answer that is not called JSON")
        with self.news:
            try:
                self.acknowledge(x, r.json(), "http", time.monotonic())
            except (Refused, ValueError) as e:
                self.violations.append(f"interactions endpoint: {e}")
        return r

    def acknowledge(self, x, body, via, now):
        """The first answer to an interaction."""
        form, waited = Form("interaction", self.violations), now - x.began
        if x.ack:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        if waited > self.config.deadline_ms / 1000:
            self.violations.append(f"interaction: acknowledged after {waited:.2f} s")
            raise Refused(404, 10062, "Unknown interaction")
        rules.callback(form, body, x.data["type"])
        kind, data = body["type"], body.get("data") or {}
        x.ack = {"type": kind, "via": via, "ms": int(waited * 1000), "data": body.get("data")}
        shown = x.data.get("message", {}).get("id")
        if kind == 4:
            x.original = self.add_message(x.data["channel_id"], data, self.bot_user(), (), x).data["id"]
        elif kind == 5:
            m = {"flags": data.get("flags", 0) | LOADING}
            x.original = self.add_message(x.data["channel_id"], m, self.bot_user(), (), x).data["id"]
        elif kind in (6, 7) and shown in self.messages:
            x.original = shown
        if kind == 7 and shown in self.messages:
            m = self.messages[shown]
            m.data = {**m.data, **{k: data[k] or ("" if k == "content" else [])
                                   for k in ("content", "embeds", "components") if k in data}}
            m.edits += 1
        self.news.notify_all()

    def refuse(self, count=1, status=503):
        """The next upgrades are answered with this status; 0: with a reset."""
        with self.news:
            self.refusals = [count, status]

    # ---- what a test looks at --------------------------------------------------------------------------

    def of(self, route):
        with self.news:
            return [c for c in self.calls if c.route == route]

    def sent(self, channel):
        """The bot's messages there as everybody sees them now; one that still loads is not yet there."""
        with self.news:
            return [m for m in self.messages.values() if m.own and not m.deleted and
                    m.data["channel_id"] == channel and not m.data["flags"] & (EPHEMERAL | LOADING)]

    def done(self, x):
        """Has it got its answer, and not only a promise of one?"""
        return x.ack and not (x.original and self.messages[x.original].data["flags"] & LOADING)

    def unanswered(self):
        with self.news:
            return [x.data["id"] for x in self.interactions.values() if not x.ack]

    def wait(self, what, probe, timeout=10):
        """Waits for news until `probe` is true, and returns its value."""
        deadline = time.monotonic() + timeout * SLOW
        with self.news:
            while not (value := probe()):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"still not after {timeout:g} s: {what}; {self.calls[-3:]}")
                self.news.wait(left)
            return value

    def wait_ready(self, timeout=10):
        self.wait("a session", lambda: any(s.link for s in self.sessions.values()), timeout)

    def wait_sent(self, channel, count=1, text=None, timeout=10):
        def probe():
            have = [m for m in self.sent(channel) if text is None or text in m.data["content"]]
            return have if len(have) >= count else None
        return self.wait(f"{count} messages in {channel}", probe, timeout)

    def wait_calls(self, route, count=1, timeout=10):
        def probe():
            have = [c for c in self.of(route) if c.ended]
            return have if len(have) >= count else None
        return self.wait(f"{count} calls of {route}", probe, timeout)
