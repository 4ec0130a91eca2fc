# SPDX-License-Identifier: Apache-2.0
"""The REST API of fake_discord.py: limits, faults, and what each route does. It runs under the lock of the
stand-in. Routes are named as in Discord's OpenAPI document: "POST /channels/{channel_id}/messages"."""
import hashlib
import json
import re
import time
import urllib.parse

import fake_discord_rules as rules
from fake_discord_rules import EPHEMERAL, LOADING, Form, Refused
from fake_discord_ws import Gone, answer

API = re.compile(r"/api(?:/v(\d+))?(/.*)$")
AGENT = re.compile(r"DiscordBot \(\S+, \S+\)( .+)?")
OPEN = re.compile(r"/(interactions/|webhooks/\d+/|gateway$)")  # without a token in the header
EARLY_S = 0.02  # what the clocks of two processes may differ by
OVER_MAX = 3  # calls of a webhook that does not exist any more
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
LATE = ("drop_after", "truncate_bytes", "half_open")  # faults of the answer: the call itself is done

_C, _M = "/channels/{channel_id}", "/messages/{message_id}"
_HOOK, _APP = "/webhooks/{webhook_id}/{webhook_token}", "/applications/{application_id}"
ROUTES = {
    "GET /gateway": "gateway_url",
    "GET /gateway/bot": "gateway_bot",
    "GET /users/@me": "me",
    "GET /applications/@me": "application",
    f"GET {_APP}/commands": "commands_get",
    f"PUT {_APP}/commands": "commands_put",
    f"GET {_APP}/guilds/{{guild_id}}/commands": "commands_get",
    f"PUT {_APP}/guilds/{{guild_id}}/commands": "commands_put",
    "POST /interactions/{interaction_id}/{interaction_token}/callback": "callback",
    f"GET {_HOOK}/messages/@original": "original_get",
    f"PATCH {_HOOK}/messages/@original": "original_patch",
    f"DELETE {_HOOK}/messages/@original": "original_delete",
    f"POST {_HOOK}": "followup",
    f"GET {_HOOK}{_M}": "followup_get",
    f"PATCH {_HOOK}{_M}": "followup_patch",
    f"DELETE {_HOOK}{_M}": "followup_delete",
    f"POST {_C}/messages": "create",
    f"GET {_C}/messages": "list",
    f"GET {_C}{_M}": "get",
    f"PATCH {_C}{_M}": "edit",
    f"DELETE {_C}{_M}": "delete",
    f"POST {_C}{_M}/threads": "thread",
    f"POST {_C}/typing": "typing",
    f"PUT {_C}{_M}/reactions/{{emoji_name}}/@me": "nothing",
    f"DELETE {_C}{_M}/reactions/{{emoji_name}}/@me": "nothing",
    f"GET {_C}": "channel_get",
    "POST /users/@me/channels": "dm",
    "GET /users/@me/guilds": "guilds_get",
}


def _compiled(route):
    method, _, path = route.partition(" ")
    return method, re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path)))


_MATCHERS = sorted(((*_compiled(r), r) for r in ROUTES), key=lambda x: x[2].count("{"))


def route_of(method, path):
    """(route or None, its parameters)"""
    for its_method, pattern, route in _MATCHERS:
        found = pattern.fullmatch(path)
        if found and method == its_method:
            return route, found.groups()
    return None, ()


class Call:
    """A call as it came: `status` is None until it is answered and stays so when it never is; `at` is Unix
    time in ms, `began` and `ended` (the answer has left) are monotonic seconds; `path` lacks /api/v10."""

    def __init__(self, request):
        self.method, self.path = request.method, request.url.path
        self.at, self.began = request.at, request.began
        self.agent = request.headers.get("User-Agent", "")
        self.body = self.status = self.ended = self.fault = self.error = None
        self.query, self.files, self.result = request.query, [], None
        found = API.match(self.path)
        self.version, self.path = found.groups() if found else (None, self.path)
        self.path = urllib.parse.unquote(self.path)
        self.route, self.params = route_of(self.method, self.path) if found else (None, ())

    def is_meant(self, fault):
        where = fault["path"]
        return where == self.route if where in ROUTES else \
            fault["method"] in (None, self.method) and (where or "") in self.path

    def __repr__(self):
        return f"{self.method} {self.path[:60]} {self.body} -> {self.status}"


class Bucket:
    def __init__(self, limit, window_s):
        self.limit, self.used, self.reset_at, self.told = limit, 0, time.monotonic() + window_s, False

    def left_s(self):
        return max(0.001, self.reset_at - time.monotonic())


class Reply:
    def __init__(self, status, body=None, headers=None, then=None, cut_at=None):
        self.status, self.headers, self.then, self.cut_at = status, dict(headers or {}), then, cut_at
        self.body = body if isinstance(body, bytes) else b"" if body is None else \
            json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _limited(retry_after, scope, bucket_headers=None):
    return Refused(429, 0, "You are being rate limited.", headers={
        **(bucket_headers or {}), "Retry-After": str(int(retry_after + 0.999)), "X-RateLimit-Scope": scope,
        **({"X-RateLimit-Global": "true"} if scope == "global" else {})},
        retry_after=round(retry_after, 3), **{"global": scope == "global"})


class Rest:
    """The part of FakeDiscord that is about calls."""

    def fault(self, method=None, path=None, count=1, skip=0, **how):
        """The next `count` calls, after `skip`, of this HTTP method whose path holds `path` fail; `path` may
        be a route as well.

        how: status=N with code=, message=, html=True (a proxy's page); for 429 retry_after= in seconds and
        scope="user" (default), "shared" or "global"; garbage="text" (200), hang=True (no answer), drop=True
        (a reset, nothing done), drop_after=True (done, then a reset), truncate_bytes=N (done, the answer cut
        there), half_open=True (answered, and nothing more is read on that connection), delay_ms=N (first)."""
        with self.news:
            self._faults.append({"method": method, "path": path, "count": count, "skip": skip, **how})

    def heal(self):
        with self.news:
            self._faults.clear()
            self._pause.clear()

    def take_fault(self, call):
        for f in filter(call.is_meant, self._faults):
            if f["skip"]:
                f["skip"] -= 1
                continue
            f["count"] -= 1
            if f["count"] == 0:
                self._faults.remove(f)
            call.fault = f
            return f
        return None

    # ---- one call ------------------------------------------------------------------------------------

    def answer(self, call, request):
        limits = {}
        try:
            reply = self._answer(call, request, limits)
        except Refused as e:
            call.error = e.body()
            scope = e.headers.get("X-RateLimit-Scope")
            self.invalid += e.status in (401, 403, 429) and scope != "shared"
            reply = Reply(e.status, e.body(), e.headers)
        reply.headers = {**limits, **reply.headers}
        return reply

    def _answer(self, call, request, limits):
        if call.version not in ("9", "10"):
            self._odd(call, "is none of API version 10")
            raise Refused(400, 50041, "Invalid API version")
        self._authorized(call, request)
        f = self.take_fault(call)
        self._find(call)
        if f and (reply := self._fail(call, f, limits)):
            return reply
        self._limit(call, limits)
        self._body(call, request)
        status, out = getattr(self, "_do_" + ROUTES[call.route])(call)
        call.result = out
        then = next((how for how in LATE if f and f.get(how)), None)
        return Reply(status, out, None, then, f.get("truncate_bytes") if f else None)

    def _odd(self, call, what):
        self.violations.append(f"{call.route or call.method + ' ' + call.path}: {what}")

    def _authorized(self, call, request):
        if not AGENT.fullmatch(call.agent):
            self._odd(call, f'User-Agent "{call.agent}" is not "DiscordBot (url, version)"')
        given = request.headers.get("Authorization")
        if given is None and not OPEN.match(call.path):
            self._odd(call, "no Authorization")
        if given != f"Bot {self.token}" and (given is not None or not OPEN.match(call.path)):
            raise Refused(401, 0, "401: Unauthorized")

    def _find(self, call):
        if not call.route:
            self._odd(call, "no such route here")
            raise Refused(404, 0, "404: Not Found")
        named = re.findall(r"{(\w+)}", call.route)
        for name, value in zip(named, call.params, strict=True):
            if name.endswith("_id") and not value.isdigit():
                self._odd(call, f"{name} {value!r} is no snowflake")
                raise Refused(400, 50035, "Invalid Form Body",
                              [(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')])
        if "application_id" in named and call.params[0] != self.app:
            raise Refused(403, 20012, "You are not authorized to perform this action on this application")

    def _major(self, call):
        kind = call.route.split("/")[1]
        return call.params[:2] if kind == "webhooks" else call.params[:1] if kind == "channels" else \
            call.params[1:2] if "/guilds/{" in call.route else ()

    def _bucket(self, call):
        c = self.config
        limit, window_ms = c.buckets.get(call.route, c.buckets["default"])
        name = hashlib.sha1(c.bucket_names.get(call.route, call.route).encode()).hexdigest()[:16]
        key = name, self._major(call)
        b = self._buckets.get(key)
        if not b or b.reset_at <= time.monotonic():
            b = self._buckets[key] = Bucket(limit, window_ms / 1000)
        return b, {"X-RateLimit-Limit": str(b.limit), "X-RateLimit-Bucket": name}

    def _show(self, b, limits, headers):
        left = b.left_s()
        limits.update(headers)
        limits.update({"X-RateLimit-Remaining": str(max(0, b.limit - b.used)),
                       "X-RateLimit-Reset": f"{time.time() + left:.3f}",
                       "X-RateLimit-Reset-After": f"{left:.3f}"})
        b.told = b.told or b.used >= b.limit

    def _limit(self, call, limits):
        now, exempt = time.monotonic(), call.path.startswith("/interactions/")
        if not exempt:
            self._calls_of_1_s = [t for t in self._calls_of_1_s if t > now - 1] + [now]
            if self._global_until > now:
                if self._global_until > now + EARLY_S:
                    self._odd(call, f"{self._global_until - now:.2f} s before a global retry_after is over")
                raise _limited(self._global_until - now, "global")
            if len(self._calls_of_1_s) > self.config.global_limit:
                raise _limited(1, "global")
        paused = self._pause.get((call.route, self._major(call)), (0, ""))
        if paused[0] > now:
            if paused[0] > now + EARLY_S:
                self._odd(call, f"{paused[0] - now:.2f} s before its retry_after is over")
            raise _limited(paused[0] - now, paused[1])
        b, headers = self._bucket(call)
        if b.used >= b.limit:
            if b.told and b.left_s() > EARLY_S:
                self._odd(call, f"{b.left_s():.2f} s before its bucket is full again")
            self._show(b, limits, headers)
            raise _limited(b.left_s(), "user")
        b.used += 1
        self._show(b, limits, headers)

    def _fail(self, call, f, limits):
        """What a fault answers, or None: the call goes on."""
        if f.get("hang") or f.get("drop"):
            return Reply(0, None, None, "hang" if f.get("hang") else "drop")
        status, wait, scope = f.get("status"), f.get("retry_after"), f.get("scope", "user")
        if f.get("html") or f.get("garbage") is not None:
            page = f.get("garbage") or "<html><head><title>502</title></head><body>502</body></html>"
            return Reply(status or (502 if f.get("html") else 200), page.encode(), {
                **({"Content-Type": "text/html"} if f.get("html") else {}),
                **({"Retry-After": str(wait)} if wait is not None else {})})
        if status == 429:
            wait = 1 if wait is None else wait
            if scope == "global":
                self._global_until = time.monotonic() + wait
            else:
                self._pause[call.route, self._major(call)] = time.monotonic() + wait, scope
                limits.update({**self._bucket(call)[1], "X-RateLimit-Remaining": "0",
                               "X-RateLimit-Reset": f"{time.time() + wait:.3f}",
                               "X-RateLimit-Reset-After": f"{wait:.3f}"})
            raise _limited(wait, scope)
        if status:
            raise Refused(status, f.get("code", 0), f.get("message") or f"{status}: Fault")
        return None

    def _body(self, call, request):
        if not request.body:
            if call.method in ("POST", "PATCH", "PUT") and \
                    ROUTES[call.route] not in ("typing", "nothing", "commands_put"):
                self._odd(call, "no body")
                raise Refused(400, 50109, "The request body contains invalid JSON.")
            return
        kind = request.headers.get("Content-Type", "")
        try:
            if kind.lower().startswith("multipart/form-data"):
                call.body, call.files = _multipart(request.body, kind)
            elif kind.lower().startswith("application/json"):
                call.body = json.loads(request.body.decode("utf-8"))
            else:
                self._odd(call, f"Content-Type {kind!r}")
                raise Refused(400, 50035, "Expected \"Content-Type\" header to be one of "
                                          "{'application/json'}.")
        except ValueError:
            self._odd(call, "a body that is no JSON")
            raise Refused(400, 50109, "The request body contains invalid JSON.") from None

    # ---- what routes do ----------------------------------------------------------------------------------

    def _form(self, call):
        return Form(call.route, self.violations)

    def _do_nothing(self, call):
        return 204, None

    def _do_gateway_url(self, call):
        return 200, {"url": self.gateway_url}

    def _do_gateway_bot(self, call):
        c = self.config
        return 200, {"url": self.gateway_url, "shards": c.shards, "session_start_limit": {
            "total": 1000, "remaining": c.remaining, "reset_after": c.reset_after_ms,
            "max_concurrency": c.concurrency}}

    def _do_me(self, call):
        return 200, {**self.bot_user(), "verified": True, "mfa_enabled": False}

    def _do_application(self, call):
        return 200, {"id": self.app, "name": "parley-fake", "verify_key": self.signer.public_hex, "flags": 0,
                     "bot_public": True, "interactions_endpoint_url": None, "bot": self.bot_user()}

    def _do_guilds_get(self, call):
        return 200, [{"id": g, "name": f"Guild {g[-3:]}"} for g in self.guilds]

    def _do_commands_get(self, call):
        return 200, self.commands.get(call.params[1] if len(call.params) > 1 else None, [])

    def _do_commands_put(self, call):
        form, guild = self._form(call), call.params[1] if len(call.params) > 1 else None
        rules.commands(form, call.body if call.body is not None else [])
        before = {(c["type"], c["name"]): c["id"] for c in self.commands.get(guild, [])}
        self.commands[guild] = out = []
        for c in call.body or []:
            kind = c.get("type") or 1
            out.append({"description": "", "default_member_permissions": None, "nsfw": False, **c,
                        "type": kind, "id": before.get((kind, c["name"])) or self.snowflake(),
                        "application_id": self.app, "version": self.snowflake(),
                        **({"guild_id": guild} if guild else {})})
        return 200, out

    # interactions

    def _do_callback(self, call):
        x = self.interactions.get(call.params[0])
        if not x or x.data["token"] != call.params[1]:
            raise Refused(404, 10062, "Unknown interaction")
        self.acknowledge(x, call.body, "rest", call.began)
        if call.query.get("with_response") != "true":
            return 204, None
        m = self.messages[x.original].data if x.original else None
        told = {"response_message_id": m["id"], "response_message_loading": bool(m["flags"] & LOADING),
                "response_message_ephemeral": bool(m["flags"] & EPHEMERAL)} if m else {}
        return 200, {"interaction": {"id": x.data["id"], "type": x.data["type"], **told},
                     **({"resource": {"type": 4, "message": m}} if call.body["type"] == 4 else {})}

    def _interaction(self, call):
        """The one that the token of a webhook belongs to."""
        x = self.tokens.get(call.params[1])
        unknown = not x or call.params[0] != self.app or not x.ack
        if not unknown and time.monotonic() <= x.began + self.config.token_ttl_ms / 1000:
            return x
        self._over[call.params[1]] += 1
        if self._over[call.params[1]] > OVER_MAX:
            self._odd(call, f"{self._over[call.params[1]]} calls of a webhook that is over")
        if unknown:
            raise Refused(404, 10015, "Unknown Webhook")
        raise Refused(401, 50027, "Invalid Webhook Token")

    def _original(self, call):
        x = self._interaction(call)
        if not x.original or self.messages[x.original].deleted:
            raise Refused(*UNKNOWN_MESSAGE)
        return x, self.messages[x.original]

    def _do_original_get(self, call):
        return 200, self._original(call)[1].data

    def _do_original_patch(self, call):
        x, m = self._original(call)
        form = self._form(call)
        rules.message(form, call.body, rules.WEBHOOK_EDIT)
        form.end()
        out = self.change(m, call)
        x.edits += 1
        return 200, out

    def _do_original_delete(self, call):
        self.remove(self._original(call)[1])
        return 204, None

    def _do_followup(self, call):
        x, form = self._interaction(call), self._form(call)
        loading = x.original and x.ack["type"] == 5 and self.messages[x.original].data["flags"] & LOADING
        rules.message(form, call.body, rules.WEBHOOK_NEW, EPHEMERAL)
        form.end()
        self._not_empty(call)
        if loading:
            return 200, self.change(self.messages[x.original], call)
        if "0" not in x.data["authorizing_integration_owners"] and len(x.followups) >= 5:
            self._odd(call, "more than 5 follow-ups of a user's installation")
            raise Refused(400, 40094, "This interaction has reached the limit of follow-up messages")
        m = self.add_message(x.data["channel_id"], call.body, self.bot_user(), call.files, x)
        x.followups.append(m.data["id"])
        return 200, m.data

    def _followup(self, call):
        x = self._interaction(call)
        if call.params[2] not in [*x.followups, x.original] or self.messages[call.params[2]].deleted:
            raise Refused(*UNKNOWN_MESSAGE)
        return self.messages[call.params[2]]

    def _do_followup_get(self, call):
        return 200, self._followup(call).data

    def _do_followup_patch(self, call):
        m, form = self._followup(call), self._form(call)
        rules.message(form, call.body, rules.WEBHOOK_EDIT)
        form.end()
        return 200, self.change(m, call)

    def _do_followup_delete(self, call):
        self.remove(self._followup(call))
        return 204, None

    # messages

    def _not_empty(self, call):
        if not rules.is_there(call.body) and not call.files:
            self._odd(call, "an empty message")
            raise Refused(400, 50006, "Cannot send an empty message")

    def _channel(self, channel):
        if channel in self.denied:
            raise Refused(*self.denied[channel])
        if channel not in self.channels:
            raise Refused(404, 10003, "Unknown Channel")
        return self.channels[channel]

    def _message(self, call):
        self._channel(call.params[0])
        m = self.messages.get(call.params[1])
        if not m or m.deleted or m.data["channel_id"] != call.params[0]:
            raise Refused(*UNKNOWN_MESSAGE)
        return m

    def _do_create(self, call):
        channel, form, body = call.params[0], self._form(call), call.body
        self._channel(channel)
        rules.message(form, body, rules.CREATE)
        form.end()
        self._not_empty(call)
        to = (body.get("message_reference") or {}).get("message_id")
        if to and (to not in self.messages or self.messages[to].deleted) and \
                body["message_reference"].get("fail_if_not_exists") is not False:
            form.wrong("message_reference", "Unknown message", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE")
            form.end()
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce"):
            key, now = (channel, nonce), time.monotonic()
            known = self.nonces.get(key)
            if known and now < known[1] + self.config.nonce_ms / 1000:
                self.repeats += 1
                return 200, self.messages[known[0]].data
        m = self.add_message(channel, body, self.bot_user(), call.files)
        if nonce is not None and body.get("enforce_nonce"):
            self.nonces[key] = m.data["id"], now
        return 200, m.data

    def _do_list(self, call):
        self._channel(call.params[0])
        return 200, [m.data for m in self.messages.values()
                     if m.data["channel_id"] == call.params[0] and not m.deleted][::-1][:50]

    def _do_get(self, call):
        return 200, self._message(call).data

    def _do_edit(self, call):
        m, form = self._message(call), self._form(call)
        if not m.own:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        rules.message(form, call.body, rules.EDIT)
        form.end()
        return 200, self.change(m, call)

    def _do_delete(self, call):
        m = self._message(call)
        if not m.own:
            raise Refused(403, 50013, "Missing Permissions")
        self.remove(m)
        return 204, None

    def _do_typing(self, call):
        self._channel(call.params[0])
        return 204, None

    def _do_thread(self, call):
        m, form = self._message(call), self._form(call)
        rules.THREAD(form, "", call.body)
        form.end()
        if m.data["id"] in self.channels:
            raise Refused(400, 160004, "A thread has already been created for this message")
        parent = self.channels[call.params[0]]
        if parent["type"] != 0:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        thread = self.add_thread(m.data["id"], parent, self.bot, call.body["name"])
        self.event("THREAD_CREATE", {**thread, "newly_created": True}, parent["guild_id"])
        return 201, thread

    def _do_channel_get(self, call):
        return 200, self._channel(call.params[0])

    def _do_dm(self, call):
        form = self._form(call)
        rules.DM(form, "", call.body)
        form.end()
        user = call.body["recipient_id"]
        if user in self.denied:
            raise Refused(*self.denied[user])
        return 200, self.add_dm(user)


def _multipart(body, kind):
    """(payload_json, [(name, file name, bytes)])"""
    found = re.search(r'boundary="?([^";]+)', kind)
    if not found:
        raise ValueError("no boundary")
    payload, files = {}, []
    for part in (b"\r\n" + body).split(b"\r\n--" + found.group(1).encode())[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        head = head.decode("utf-8")
        name = re.search(r'[; ]name="([^"]*)"', head)
        filename = re.search(r'filename="([^"]*)"', head)
        if filename:
            files.append((name.group(1), filename.group(1), data))
        elif name and name.group(1) == "payload_json":
            payload = json.loads(data)
    return payload, files


def serve(fake, peer, request):
    """Answers one call on this connection. False: the connection is to be closed."""
    call = Call(request)
    with fake.news:
        fake.calls.append(call)
        epoch = fake.epoch
        delay = next((f["delay_ms"] for f in filter(call.is_meant, fake._faults)
                      if f.get("delay_ms") and not f["skip"]), 0)
        if delay:
            fake.news.wait_for(lambda: fake.epoch != epoch, delay / 1000)
        reply = fake.answer(call, request)
        call.status = None if reply.then in ("hang", "drop", "drop_after") else reply.status
        fake.note("rest", method=call.method, route=call.route, path=call.path, status=call.status)
        fake.news.notify_all()
    if reply.then in ("drop", "drop_after"):
        peer.cut()
        raise Gone
    if reply.then != "hang":
        answer(peer, reply.status, reply.body, reply.headers, reply.cut_at)
    with fake.news:
        call.ended = time.monotonic()
        fake.news.notify_all()
        if reply.then in ("hang", "half_open"):
            fake.news.wait_for(lambda: fake.epoch != epoch)
            raise Gone
    if reply.then == "truncate_bytes":
        peer.cut()
        raise Gone
    return request.headers.get("Connection", "").lower() != "close"
