# SPDX-License-Identifier: Apache-2.0
"""The gateway of fake_discord.py, version 10 in JSON: connections, sessions, and which events go where.

A session outlives its connection: events that come while it has none are kept and replayed on a resume. It
ends by its client's close with 1000 or 1001, by a close of ours that allows no resume, or by its age. All of
it runs under the lock of the stand-in.
"""
import json
import secrets
import time

from fake_discord_ws import PING, Socket, frame

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | MESSAGE_CONTENT
INTENTS_END = 1 << 26  # no intent has this bit or a higher one
SESSION_ENDS = {4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}
EVENTS_KEPT = 20000
HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = \
    1, 2, 3, 4, 6, 7, 8, 9, 10, 11


class Session:
    def __init__(self, link, intents, shard):
        self.id, self.link, self.intents, self.shard = secrets.token_hex(16), link, intents, shard
        self.seq, self.kept, self.gone_at, self.dead = 0, [], None, False

    def event(self, name, data):
        self.seq += 1
        self.kept.append({"op": 0, "s": self.seq, "t": name, "d": data})
        del self.kept[:-EVENTS_KEPT]
        if self.link:
            self.link.send(self.kept[-1])

    def wants(self, name, guild, dm):
        at = (int(guild) >> 22) % self.shard[1] if guild else 0
        if at != self.shard[0]:
            return False
        if name.startswith("MESSAGE_"):
            return bool(self.intents & (DIRECT_MESSAGES if dm else GUILD_MESSAGES))
        return bool(self.intents & GUILDS) if name.startswith(("GUILD_", "THREAD_", "CHANNEL_")) else True


class Link:
    """One connection."""

    def __init__(self, fake, peer, port, query):
        self.fake, self.port, self.query = fake, port, query
        self.began = self.last_beat = time.monotonic()
        self.session, self.invalidated, self.zombie = None, False, False
        self.hello_sent, self.beats, self.first_beat_ms, self.sent = False, 0, None, []
        self.number = fake.connects
        self.socket = Socket(peer, self, query.get("compress") == "zlib-stream")

    def run(self):
        with self.fake.news:
            self.fake.links.add(self)
            self.fake.note("gw-open", n=self.number, port=self.port, query=self.query)
            if self.query.get("v") != "10":
                self.close(4012, "Invalid API version.")
            elif self.query.get("encoding", "json") != "json":
                self.close(4002, "JSON only.")
        self.socket.run()

    # ---- what the socket tells

    def tick(self):
        c, now = self.fake.config, time.monotonic()
        with self.fake.news:
            if not self.hello_sent and not c.no_hello and now >= self.began + c.hello_ms / 1000:
                self.hello_sent, self.last_beat = True, now
                self.send({"op": HELLO, "s": None, "t": None,
                           "d": {"heartbeat_interval": c.heartbeat_ms, "_trace": ["fake"]}})
            if self.hello_sent and now > self.last_beat + c.heartbeat_ms / 1000 * 1.5 + 0.5 and \
                    not self.socket.closing:
                self.wrong(f"no heartbeat for {now - self.last_beat:.1f} s")
                self.close(4009, "Session timed out.")

    def got_text(self, data):
        with self.fake.news:
            self._received(data)
            self.fake.news.notify_all()

    def closed(self, code, by):
        with self.fake.news:
            self.fake.links.discard(self)
            self.fake.note("gw", n=self.number, dir="close", code=code, by=by)
            s = self.session
            if s:
                if s.link is self:
                    s.link, s.gone_at = None, time.monotonic()
                if code in ((1000, 1001) if by == "client" else SESSION_ENDS):
                    self.fake.end_session(s)
            self.fake.news.notify_all()

    # ---- out

    def send(self, payload):
        self.fake.note("gw", n=self.number, dir="out", op=payload["op"], t=payload["t"], s=payload["s"])
        self.socket.text(json.dumps(payload, ensure_ascii=False))

    def close(self, code, reason=""):
        self.socket.close(code, reason)

    def wrong(self, what):
        self.fake.violations.append(f"gateway: connection {self.number}: {what}")

    def invalid(self, resumable=False):
        self.invalidated = True
        self.send({"op": INVALID, "d": resumable, "s": None, "t": None})

    # ---- in

    def _received(self, data):
        c, now = self.fake.config, time.monotonic()
        if len(data) > 4096:
            self.wrong(f"a payload of {len(data)} bytes")
            return self.close(4002, "Error while decoding payload.")
        self.sent = [t for t in self.sent if t > now - c.send_window_ms / 1000] + [now]
        if len(self.sent) > c.send_limit:
            self.wrong(f"more than {c.send_limit} payloads in {c.send_window_ms / 1000:g} s")
            return self.close(4008, "You are sending payloads too quickly.")
        try:
            p = json.loads(data.decode("utf-8"))
            op, d = p["op"], p.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            self.wrong("a payload that is no JSON object with an op")
            return self.close(4002, "Error while decoding payload.")
        shown = {**d, "token": "..."} if isinstance(d, dict) and "token" in d else d
        self.fake.note("gw", n=self.number, dir="in", op=op, d=shown)
        return self._by_op(op, d, now)

    def _by_op(self, op, d, now):
        if not self.hello_sent:
            self.wrong(f"op {op} before the hello")
        if op == HEARTBEAT:
            return self._beat(d, now)
        if op in (IDENTIFY, RESUME):
            if not isinstance(d, dict) or d.get("token") not in (self.fake.token, f"Bot {self.fake.token}"):
                self.fake.identifies += op == IDENTIFY
                return self.close(4004, "Authentication failed.")
            if self.session:
                self.wrong("authenticates twice")
                return self.close(4005, "Already authenticated.")
            return self._identify(d, now) if op == IDENTIFY else self._resume(d)
        if op in (PRESENCE, VOICE, MEMBERS):
            return None if self.session else self.close(4003, "Not authenticated.")
        self.wrong(f"opcode {op}")
        return self.close(4001, "Unknown opcode.")

    def _beat(self, d, now):
        last = self.session.seq if self.session else None
        # Before a resume is answered the old session's number is as good as none.
        if d is not None and (not isinstance(d, int) or isinstance(d, bool) or (self.session and d > last)):
            self.wrong(f"heartbeat with {d!r} after sequence {last}")
        if self.first_beat_ms is None:
            self.first_beat_ms = int((now - self.began) * 1000)
        self.beats, self.last_beat = self.beats + 1, now
        if not self.zombie and not self.fake.config.zombie:
            self.send({"op": ACK, "d": None, "s": None, "t": None})

    def _identify(self, d, now):
        fake, c = self.fake, self.fake.config
        if self.port != fake.port and not self.invalidated:
            self.wrong("identifies at the address for resumes")
        fake.identifies, c.remaining = fake.identifies + 1, c.remaining - 1
        if c.remaining < 0:
            self.wrong("identifies although its budget is spent")
            return self.close(4004, "The token was reset.")
        why = identify_wrong(d, c)
        if why[0] == 4002:
            self.wrong(why[1])
        if why[0]:
            return self.close(*why)
        fake.identified = [t for t in fake.identified if t > now - c.identify_s]
        if c.identify_s and len(fake.identified) >= c.concurrency:
            self.wrong(f"identifies {now - fake.identified[-1]:.1f} s after the one before")
            return self.invalid()
        fake.identified.append(now)
        self.session = s = Session(self, d["intents"], d.get("shard") or [0, 1])
        fake.sessions[s.id] = s
        mine = [g for g in fake.guilds if s.wants("", g, False)]
        s.event("READY", {"v": 10, "user": {**fake.bot_user(), "verified": True, "mfa_enabled": False},
                          "session_type": "normal", "session_id": s.id, "shard": s.shard,
                          "resume_gateway_url": fake.resume_url, "private_channels": [], "relationships": [],
                          "guilds": [{"id": g, "unavailable": True} for g in mine],
                          "application": {"id": fake.app, "flags": 0}, "_trace": ["fake"]})
        for g in mine if s.intents & GUILDS else ():
            s.event("GUILD_CREATE", fake.guild(g))
        return None

    def _resume(self, d):
        fake = self.fake
        if self.port == fake.port and not self.invalidated:
            self.wrong("resumes at another address than resume_gateway_url")
        s = fake.live_session(d.get("session_id"))
        if not s:
            return self.invalid()
        if not isinstance(d.get("seq"), int) or not 0 <= d["seq"] <= s.seq:
            self.wrong(f"resumes from {d.get('seq')!r}, at most {s.seq} was sent")
            fake.end_session(s)
            return self.close(4007, "Invalid seq.")
        if s.link:
            s.link.session = None
            s.link.socket.terminate()
        s.link, s.gone_at, self.session = self, None, s
        fake.resumes += 1
        for p in [p for p in s.kept if p["s"] > d["seq"]]:
            self.send(p)
        s.event("RESUMED", {"_trace": ["fake"]})
        return None


def identify_wrong(d, c):
    """(close code or None, why)"""
    names, intents, shard = d.get("properties"), d.get("intents"), d.get("shard")
    if not isinstance(names, dict) or any(not isinstance(names.get(k), str)
                                          for k in ("os", "browser", "device")):
        return 4002, "Identify without properties."
    if not isinstance(intents, int) or not 0 <= intents < INTENTS_END:
        return 4013, "Invalid intent(s)."
    if intents & PRIVILEGED & ~c.privileged:
        return 4014, "Disallowed intent(s)."
    if shard is not None and (not isinstance(shard, list) or len(shard) != 2 or
                              not 0 <= shard[0] < shard[1]):
        return 4010, "Invalid shard."
    if c.shards > 1 and (not shard or shard[1] < c.shards):
        return 4011, "Sharding required."
    return None, ""


class Gateway:
    """The part of FakeDiscord that is about connections; `gateway` is what a test does to all of them."""

    def open_gateway(self, peer, port, query):
        with self.news:
            self.connects += 1
            link = Link(self, peer, port, query)
            self.news.notify_all()
        link.run()

    def live_session(self, session_id):
        s = self.sessions.get(session_id)
        old = s and s.gone_at and time.monotonic() > s.gone_at + self.config.session_ttl_ms / 1000
        return None if not s or s.dead or old else s

    def end_session(self, s):
        s.dead = True
        self.sessions.pop(s.id, None)

    def event(self, name, data, guild=None, dm=False, own=False):
        """Sends it to whom it concerns; how many that were."""
        with self.news:
            told = [s for s in list(self.sessions.values())
                    if self.live_session(s.id) and s.wants(name, guild, dm)]
            for s in told:
                s.event(name, self._seen_by(s, name, data, dm or own))
            self.news.notify_all()
            return len(told)

    def _seen_by(self, session, name, data, always):
        """Without the privileged intent a message has no content, unless it is for the bot or by it."""
        if not name.startswith("MESSAGE_") or session.intents & MESSAGE_CONTENT or always:
            return data
        if any(u["id"] == self.bot for u in data.get("mentions", [])):
            return data
        return {**data, "content": "", "embeds": [], "attachments": [], "components": []}

    def gateway(self, action, **how):
        """Does it to every open connection; how many there were."""
        with self.news:
            links = list(self.links)
            for link in links:
                getattr(self, f"_gw_{action}")(link, **how)
            self.news.notify_all()
            return len(links)

    def _gw_reconnect(self, link):
        link.send({"op": RECONNECT, "d": None, "s": None, "t": None})

    def _gw_invalid(self, link, resumable=False):
        if link.session:
            if not resumable:
                self.end_session(link.session)
            link.session.link, link.session.gone_at = None, time.monotonic()
            link.session = None
        link.invalid(resumable)

    def _gw_close(self, link, code=4000, reason=""):
        link.close(code, reason)

    def _gw_terminate(self, link, reset=False):
        link.socket.terminate(reset)

    def _gw_heartbeat(self, link):
        link.send({"op": HEARTBEAT, "d": None, "s": None, "t": None})

    def _gw_zombie(self, link, on=True):
        link.zombie = on

    def _gw_raw(self, link, text=""):
        link.socket.text(text)

    def _gw_binary(self, link, data=b""):
        link.socket.bytes(frame(2, data))

    def _gw_fragment(self, link, text="", size=3):
        link.socket.pieces(text, size)

    def _gw_bytes(self, link, data=b""):
        link.socket.bytes(data)

    def _gw_ping(self, link):
        link.socket.bytes(frame(PING, b"fake"))

    def _gw_half_open(self, link):
        link.socket.deaf()

    def _gw_expire(self, link):
        """The session is forgotten while its connection stays; the next resume is refused."""
        if link.session:
            self.sessions.pop(link.session.id, None)
            link.session.dead = True

    def _gw_dispatch(self, link, t, d):
        if link.session:
            link.session.event(t, d)
