# SPDX-License-Identifier: Apache-2.0
"""A Bot API of our own on loopback, in the test's process: no rig, no node, no network.

    with fake_telegram.FakeTelegram() as tg, net.Daemon(env=tg.env) as d:
        tg.say("/ask What is gas?")
        tg.wait_sent(111)

Updates stay queued until an offset confirms them, a second poll fails the first with 409, and a webhook
fails them all, as in tdlib/telegram-bot-api. Every call is checked (fake_telegram_rules.py): members that do
not exist, are missing or of a wrong type, text too long, entities outside of it, calls before a retry_after
is over. What is wrong is refused where Telegram would, and stands in `violations` in any case.
"""
import collections
import contextlib
import http.client
import json
import socket
import threading
import time
import urllib.parse

from fake_telegram_http import Call, Gone, Handler, Server, peer_left
from fake_telegram_rules import Refused, check_call, entities_of
from wire import SLOW

__all__ = ["Call", "FakeTelegram", "Refused"]

TOKEN = "123456:FAKE-TOKEN"
BOT = {"id": 123456, "is_bot": True, "first_name": "Parley", "username": "parley_fake_bot",
       "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
POLL_MAX_S = 50
LATE = ("after", "cut", "half-open")  # faults of the answer: the call itself is done
CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
HOOKED = ("Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
          "webhook first")
TOO_LATE = "Bad Request: query is too old and response timeout expired or query ID is invalid"
SAME = "Bad Request: message is not modified: specified new message content is exactly the same"


class _Hit(Exception):
    """A fault came while a poll waited."""


class FakeTelegram:
    def __init__(self, token=TOKEN, bot=None):
        self.token, self.bot = token, {**BOT, **(bot or {})}
        self.calls, self.violations = [], []
        self.messages = {}  # (chat, message_id) -> message; a deleted one is not there
        self.deleted, self.edits = [], collections.Counter()
        self.queries, self.commands, self.webhook = {}, {}, None  # queries: id -> answer, None = not yet
        self.brought, self.hook_error = [], None  # statuses of webhook calls; when and why one failed
        self.guests = {}  # guest query -> the result it was answered with
        self.unknown_chats = False  # True: 400 for a chat in which nobody wrote yet
        self.blocked, self.moved, self.no_threads = set(), {}, set()  # chats; old -> new; (chat, thread)
        self._queue, self._chats, self._faults, self._pause = [], set(), [], {}
        self._next_update, self._next_message, self._next_query = 700000001, 1, 1
        self._poll = None  # the one that waits
        self.news, self.epoch = threading.Condition(), 0  # epoch: counts down()
        self.connections = set()
        self._server, self.port = None, 0
        self.up()

    # ---- for the daemon -----------------------------------------------------------------------------

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self):
        return {"PARLEY_TELEGRAM__TOKEN": self.token, "PARLEY_TELEGRAM__API_BASE": self.base}

    def up(self):
        """Listens, after down() on the same port again."""
        fake = self

        class Mine(Handler):
            owner = fake

        self._server = Server(("127.0.0.1", self.port), Mine)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self):
        """Refuses new connections and closes the open ones; what is queued stays."""
        self._server.shutdown()
        self._server.server_close()
        with self.news:
            self.epoch += 1
            for s in self.connections:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
            self.news.notify_all()

    def close(self):
        self.down()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what people do -------------------------------------------------------------------------------

    def message(self, text=None, user=111, chat=None, type=None, **more):
        """A message as a dict; `chat` None: the private one, negative: a group. `user` may be a dict."""
        who = user if isinstance(user, dict) else {"id": user, "is_bot": False, "first_name": f"User{user}",
                                                   "language_code": "en"}
        where = {"id": chat or who["id"], "type": type or ("supergroup" if (chat or 1) < 0 else "private")}
        where["title" if where["id"] < 0 else "first_name"] = f"Chat {where['id']}"
        with self.news:
            number, self._next_message = self._next_message, self._next_message + 1
        m = {"message_id": number, "from": who, "chat": where, "date": int(time.time())}
        if text is not None:
            m["text"] = text
            if found := entities_of(text):
                m["entities"] = found
        return {**m, **more}

    def say(self, text=None, **more):
        """Somebody writes; the message, with its id."""
        m = self.message(text, **more)
        self._known(m)
        self.push(message=m)
        return m

    def press(self, message, data, user=111):
        """Somebody presses a button of a message (None: one of inline mode); the id of the query."""
        with self.news:
            query, self._next_query = str(4000000000 + self._next_query), self._next_query + 1
            self.queries[query] = None
        who = {"id": user, "is_bot": False, "first_name": f"User{user}"}
        where = {"message": message} if message else {"inline_message_id": "AAA"}
        self.push(callback_query={"id": query, "from": who, "chat_instance": "1", "data": data, **where})
        return query

    def block(self, user, status="kicked"):
        """Somebody blocks the bot, or removes it from a chat: sends fail with 403 from now on."""
        self.blocked.add(user)
        who = {"id": abs(user), "is_bot": False, "first_name": f"User{user}"}
        change = {"old_chat_member": {"status": "member", "user": self.bot},
                  "new_chat_member": {"status": status, "user": self.bot, "until_date": 0}}
        self.push(my_chat_member={"chat": {"id": user, "type": _type(user)}, "from": who,
                                  "date": int(time.time()), **change})

    def migrate(self, old, new):
        """A group becomes a supergroup: both service messages, and 400 with the new id for the old one."""
        self.moved[old] = new
        self.push(message=self.message(chat=old, type="group", migrate_to_chat_id=new))
        self.push(message=self.message(chat=new, migrate_from_chat_id=old))

    def _known(self, m):
        with self.news:
            self._chats.add(m["chat"]["id"])
            self.messages[m["chat"]["id"], m["message_id"]] = m

    def update(self, update_id=None, **kind):
        """An update as a dict, not queued: the body of a webhook call."""
        with self.news:
            if update_id is None:
                update_id, self._next_update = self._next_update, self._next_update + 1
            else:
                self._next_update = max(self._next_update, update_id + 1)
        return {"update_id": update_id, **kind}

    def push(self, update_id=None, **kind):
        u = self.update(update_id, **kind)
        self.push_raw(json.dumps(u, ensure_ascii=False), u["update_id"])
        return u

    def push_raw(self, text, update_id=0):
        """Any text as an element of the result; without an id it is sent once."""
        with self.news:
            self._queue.append((update_id, text.encode("utf-8", "surrogatepass")))
            self.news.notify_all()

    # ---- what goes wrong ------------------------------------------------------------------------------

    def fault(self, method, how, count=1, chat=None, retry_after=None, description=None):
        """The next `count` calls of `method` ("*": of any, but not a poll) to `chat` (None: to any) fail.

        how: an HTTP status with Telegram's JSON; "html" (a proxy's 502), "garbage" (200 and no JSON),
        "hang" (no answer), "reset", "after" (done, then a reset), "cut" (half of the answer),
        "half-open" (answered, and from then on nothing is read on that connection)."""
        with self.news:
            self._faults.append({"method": method, "how": how, "count": count, "chat": chat,
                                 "retry_after": retry_after, "description": description})
            self.news.notify_all()  # a poll that waits feels it too

    def heal(self):
        with self.news:
            self._faults.clear()

    def _take_fault(self, method, chat):
        for f in self._faults:
            if f["method"] not in (method, "*") or (f["method"] == "*" and method == "getUpdates"):
                continue
            if f["chat"] is not None and f["chat"] != chat:
                continue
            f["count"] -= 1
            if f["count"] == 0:
                self._faults.remove(f)
            return f
        return None

    # ---- what a test looks at --------------------------------------------------------------------------

    def of(self, method, chat=None):
        with self.news:
            return [c for c in self.calls if c.method == method and chat in (None, c.args.get("chat_id"))]

    def sent(self, chat):
        """The bot's messages in a chat as people see them now."""
        with self.news:
            return [m for (where, _), m in self.messages.items() if where == chat and m["from"] == self.bot]

    def pending(self):
        with self.news:
            return [i for i, _ in self._queue]

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

    def wait_sent(self, chat, count=1, text=None, timeout=10):
        def probe():
            have = [m for m in self.sent(chat) if text is None or text in m["text"]]
            return have if len(have) >= count else None
        return self.wait(f"{count} messages in {chat}", probe, timeout)

    def wait_calls(self, method, count=1, chat=None, timeout=10):
        def probe():
            have = [c for c in self.of(method, chat) if c.ended]
            return have if len(have) >= count else None
        return self.wait(f"{count} calls of {method}", probe, timeout)

    def wait_idle(self, timeout=10):
        """Until everything queued was confirmed and a poll waits again."""
        self.wait("an idle poll", lambda: not self._queue and self._poll, timeout)

    # ---- methods -------------------------------------------------------------------------------------

    def _do_getMe(self, call):
        return self.bot

    def _do_getUpdates(self, call):
        offset, limit = call.args.get("offset", 0), call.args.get("limit", 100)
        if self.webhook:
            raise Refused(409, HOOKED)
        if offset > 0:
            self._queue = [q for q in self._queue if q[0] >= offset or q[0] == 0]
        elif offset < 0:
            self._queue = self._queue[offset:]
        self._poll = call
        self.news.notify_all()
        self._wait_for_updates(call, time.monotonic() + min(call.args.get("timeout", 0), POLL_MAX_S))
        if self._poll is call:
            self._poll = None
        taken = self._queue[:limit]
        self._queue = [q for q in self._queue if q[0] or q not in taken]
        return b"[" + b",".join(text for _, text in taken) + b"]"

    def _wait_for_updates(self, call, deadline):
        epoch = self.epoch
        while not self._queue and (left := deadline - time.monotonic()) > 0:
            call.waited = True
            self.news.wait(min(left, 0.2))
            if self._poll is not call:
                raise Refused(409, HOOKED if self.webhook else CONFLICT)
            if self.epoch != epoch or peer_left(call.connection):
                self._poll = None
                raise Gone
            if f := self._take_fault(call.method, None):
                self._poll = None
                raise _Hit(f)

    def _do_sendMessage(self, call):
        a = call.args
        chat = self._chat(a["chat_id"], a.get("message_thread_id"))
        number, self._next_message = self._next_message, self._next_message + 1
        m = {"message_id": number, "from": self.bot, "chat": {"id": chat, "type": _type(chat)},
             "date": int(time.time()), "text": a["text"]}
        if "message_thread_id" in a:
            m.update(message_thread_id=a["message_thread_id"], is_topic_message=True)
        to = self.messages.get((chat, a.get("reply_parameters", {}).get("message_id")))
        if to:
            m["reply_to_message"] = {k: v for k, v in to.items() if k != "reply_to_message"}
        elif "reply_parameters" in a and not a["reply_parameters"].get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")
        m.update({k: a[k] for k in ("entities", "reply_markup") if k in a})
        self.messages[chat, number] = m
        return m

    def _do_editMessageText(self, call):
        key = self._chat(call.args["chat_id"]), call.args["message_id"]
        m = self.messages.get(key)
        if not m or m["from"] != self.bot:
            raise Refused(400, "Bad Request: message to edit not found")
        new = {k: call.args.get(k) for k in ("text", "entities", "reply_markup")}
        if new == {k: m.get(k) for k in new}:
            raise Refused(400, SAME)
        changed = {**m, **{k: v for k, v in new.items() if v is not None}, "edit_date": int(time.time())}
        for k in [k for k, v in new.items() if v is None]:
            changed.pop(k, None)
        self.messages[key] = changed
        self.edits[key] += 1
        return changed

    def _do_editMessageReplyMarkup(self, call):
        key = self._chat(call.args["chat_id"]), call.args["message_id"]
        if key not in self.messages:
            raise Refused(400, "Bad Request: message to edit not found")
        m = {k: v for k, v in self.messages[key].items() if k != "reply_markup"}
        if call.args.get("reply_markup", {}).get("inline_keyboard"):
            m["reply_markup"] = call.args["reply_markup"]
        if m == self.messages[key]:
            raise Refused(400, SAME)
        self.messages[key] = m
        return m

    def _do_deleteMessage(self, call):
        key = self._chat(call.args["chat_id"]), call.args["message_id"]
        if key not in self.messages:
            raise Refused(400, "Bad Request: message to delete not found")
        self.deleted.append(self.messages.pop(key))
        return True

    def _do_sendChatAction(self, call):
        self._chat(call.args["chat_id"], call.args.get("message_thread_id"))
        return True

    def _do_sendMessageDraft(self, call):
        if self._chat(call.args["chat_id"]) < 0:
            raise Refused(400, "Bad Request: PEER_ID_INVALID")
        return True

    def _do_answerCallbackQuery(self, call):
        query = call.args["callback_query_id"]
        if self.queries.get(query, "") is not None:
            raise Refused(400, TOO_LATE)
        self.queries[query] = call.args
        return True

    def _do_setMyCommands(self, call):
        scope = call.args.get("scope", {}).get("type", "default")
        self.commands[scope, call.args.get("language_code", "")] = call.args["commands"]
        return True

    def _do_setWebhook(self, call):
        self.webhook = call.args if call.args["url"] else None
        self._poll = None
        self.news.notify_all()
        if self.webhook:
            threading.Thread(target=self._bring, args=(self.webhook,), daemon=True).start()
        return True

    def _bring(self, hook):
        """Brings the updates one by one; what is not answered with 2xx is brought again."""
        where, epoch = urllib.parse.urlsplit(hook["url"]), self.epoch
        head = {"Content-Type": "application/json"}
        if "secret_token" in hook:
            head["X-Telegram-Bot-Api-Secret-Token"] = hook["secret_token"]
        while True:
            with self.news:
                self.news.wait_for(lambda: self.webhook is not hook or self.epoch != epoch or self._queue)
                if self.webhook is not hook or self.epoch != epoch:
                    return
                first = self._queue[0]
            status = _bring_one(where, first[1], head)
            with self.news:
                self.brought.append(status)
                if 200 <= status < 300 or not first[0]:
                    self._queue = [q for q in self._queue if q is not first]
                    self.news.notify_all()
                else:
                    self.hook_error = int(time.time()), f"Wrong response from the webhook: {status}"
                    self.news.wait(0.2)

    def _do_deleteWebhook(self, call):
        self.webhook = None
        if call.args.get("drop_pending_updates"):
            self._queue.clear()
        return True

    def _do_getWebhookInfo(self, call):
        info = {"url": (self.webhook or {}).get("url", ""), "has_custom_certificate": False,
                "pending_update_count": len(self._queue)}
        if self.hook_error:
            info["last_error_date"], info["last_error_message"] = self.hook_error
        return info

    def _do_answerGuestQuery(self, call):
        query = call.args["guest_query_id"]
        if query in self.guests:
            raise Refused(400, TOO_LATE)
        self.guests[query] = call.args["result"]
        return {"inline_message_id": f"guest-{query}"}

    def _chat(self, chat, thread=None):
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was kicked from the supergroup chat" if chat < 0 else
                          "Forbidden: bot was blocked by the user")
        if chat in self.moved:
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat",
                          {"migrate_to_chat_id": self.moved[chat]})
        if thread == 1 or (chat, thread) in self.no_threads:  # the General topic has no thread to send to
            raise Refused(400, "Bad Request: message thread not found")
        if self.unknown_chats and chat not in self._chats:
            raise Refused(400, "Bad Request: chat not found")
        return chat

    # ---- one call ------------------------------------------------------------------------------------

    def answer(self, call, token):
        """(status, body, headers, what the connection does then)"""
        f = self._take_fault(call.method, call.args.get("chat_id"))
        self._early(call)
        try:
            if token != self.token:
                raise Refused(401, "Unauthorized")
            if f and f["how"] not in LATE:
                raise _Hit(f)
            check_call(call.method, call.args, self.violations)
            result = getattr(self, f"_do_{call.method}")(call)
        except Refused as e:
            return e.code, *e.answer(), None
        except _Hit as e:
            return self._fail(call, e.args[0])
        call.fault = f["how"] if f else None
        raw = result if isinstance(result, bytes) else json.dumps(result, ensure_ascii=False).encode()
        return 200, b'{"ok":true,"result":' + raw + b"}", {}, call.fault

    def _fail(self, call, f):
        how = call.fault = f["how"]
        if how in ("html", "garbage"):
            return (502, b"<html><h1>502</h1></html>", {}, None) if how == "html" else (200, b"{ok", {}, None)
        if not isinstance(how, int):
            return 0, b"", {}, "hang" if how == "half-open" else "reset" if how in LATE else how
        wait = f["retry_after"]
        if how == 429:
            self._pause[call.method, call.args.get("chat_id")] = time.monotonic() + (wait or 0)
        said = f["description"] or http.client.responses.get(how, "Error")
        return how, *Refused(how, said, {"retry_after": wait} if wait else None).answer(), None

    def _early(self, call):
        until = self._pause.pop((call.method, call.args.get("chat_id")), 0)
        if time.monotonic() < until - 0.05:
            early, chat = until - time.monotonic(), call.args.get("chat_id")
            self.violations.append(f"{call.method} to {chat} {early:.2f} s before its retry_after")


def _bring_one(where, body, head):
    """Its status; 0 = it could not be brought."""
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
    try:
        connection.request("POST", where.path, body, head)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _type(chat):
    return "supergroup" if chat < 0 else "private"
