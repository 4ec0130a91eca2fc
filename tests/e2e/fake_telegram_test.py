# SPDX-License-Identifier: Apache-2.0
"""Proves the stand-in for Telegram: queue and offset, who gets 409, each fault, and that it sees what is
wrong. It needs no build."""
import http.client
import http.server
import json
import threading
import time

import net
from fake_telegram import FakeTelegram
from fake_telegram_rules import entities_of


class Bot:
    """A client of the Bot API on one connection."""

    def __init__(self, tg, token=None):
        self.wire, self.path = net.Client("127.0.0.1", tg.port), f"/bot{token or tg.token}/"

    def __call__(self, method, **args):
        return self.wire.post(self.path + method, args)

    def ok(self, method, **args):
        body = self(method, **args).json()
        assert body["ok"], body
        return body["result"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()


def in_background(fn):
    out = []
    thread = threading.Thread(target=lambda: out.append(fn()), daemon=True)
    thread.start()
    return lambda: (thread.join(30), out[0])[1]


def broken(fn):
    try:
        fn()
    except (OSError, http.client.HTTPException):
        return True
    return False


@net.case
def updates__stay_until_they_are_confirmed():
    with FakeTelegram() as tg, Bot(tg) as bot:
        first, second = tg.say("one"), tg.say("two", user=5)
        got = bot.ok("getUpdates", limit=1)
        net.equal([u["message"] for u in got], [first])
        net.equal(len(bot.ok("getUpdates")), 2)
        net.equal([u["message"] for u in bot.ok("getUpdates", offset=got[0]["update_id"] + 1)], [second])
        net.equal(tg.pending(), [got[0]["update_id"] + 1])
        net.equal(tg.violations, [])


@net.case
def poll__waits_for_an_update():
    with FakeTelegram() as tg, Bot(tg) as bot:
        poll = in_background(lambda: bot.ok("getUpdates", timeout=50))
        tg.wait_idle()
        m = tg.say("hello")
        net.equal(poll()[0]["message"], m)
        (call,) = tg.wait_calls("getUpdates")  # the log closes it after the answer has left
        assert call.waited and call.ended - call.began < 5


@net.case
def poll__a_second_one_ends_the_first():
    with FakeTelegram() as tg, Bot(tg) as bot, Bot(tg) as other:
        poll = in_background(lambda: bot("getUpdates", timeout=50))
        tg.wait_idle()
        in_background(lambda: broken(lambda: other("getUpdates", timeout=50)))
        net.equal(poll().status, 409)


@net.case
def poll__a_webhook_ends_it_until_it_is_deleted():
    with FakeTelegram() as tg, Bot(tg) as bot, Bot(tg) as other:
        poll = in_background(lambda: bot("getUpdates", timeout=50))
        tg.wait_idle()
        assert other.ok("setWebhook", url="https://x.example/h", secret_token="s")
        assert "webhook is active" in poll().json()["description"]
        net.equal(bot("getUpdates").status, 409)
        assert other.ok("deleteWebhook", drop_pending_updates=False)
        net.equal(bot.ok("getUpdates"), [])


@net.case
def poll__feels_a_fault_while_it_waits():
    for how, status in ((401, 401), (502, 502), ("html", 502)):
        with FakeTelegram() as tg, Bot(tg) as bot:
            poll = in_background(lambda b=bot: b("getUpdates", timeout=50))
            tg.wait_idle()
            tg.fault("getUpdates", how)
            net.equal(poll().status, status)


@net.case
def message__is_sent_edited_and_deleted():
    with FakeTelegram() as tg, Bot(tg) as bot:
        m = bot.ok("sendMessage", chat_id=5, text="a\U0001f642b",
                   entities=[{"type": "bold", "offset": 1, "length": 2}])
        edit = {"chat_id": 5, "message_id": m["message_id"], "text": "c"}
        net.equal(bot.ok("editMessageText", **edit)["text"], "c")
        assert "not modified" in bot("editMessageText", **edit).json()["description"]
        net.equal([x["text"] for x in tg.wait_sent(5)], ["c"])
        assert bot.ok("deleteMessage", chat_id=5, message_id=m["message_id"])
        net.equal((tg.sent(5), len(tg.deleted), tg.violations), ([], 1, []))


@net.case
def button__is_answered_once():
    with FakeTelegram() as tg, Bot(tg) as bot:
        rows = [[{"text": "Yes", "callback_data": "x"}]]
        m = bot.ok("sendMessage", chat_id=111, text="?", reply_markup={"inline_keyboard": rows})
        query = tg.press(m, "x")
        net.equal(bot.ok("getUpdates")[0]["callback_query"]["id"], query)
        assert bot.ok("answerCallbackQuery", callback_query_id=query, text="ok")
        net.equal(bot("answerCallbackQuery", callback_query_id=query).status, 400)
        net.equal(tg.queries[query]["text"], "ok")


@net.case
def chats__that_cannot_be_written_to():
    with FakeTelegram() as tg, Bot(tg) as bot:
        tg.block(111)
        tg.migrate(-4001, -1001234567890)
        tg.no_threads.add((-5, 77))
        kinds = [k for u in bot.ok("getUpdates") for k in u if k != "update_id"]
        net.equal(kinds, ["my_chat_member", "message", "message"])
        net.equal(bot("sendMessage", chat_id=111, text="x").status, 403)
        moved = bot("sendMessage", chat_id=-4001, text="x").json()
        net.equal(moved["parameters"]["migrate_to_chat_id"], -1001234567890)
        net.equal(bot("sendMessage", chat_id=-1001234567890, text="x").status, 200)
        lost = bot("sendMessage", chat_id=-5, message_thread_id=77, text="x").json()
        assert "thread not found" in lost["description"]
        net.equal(bot("sendMessage", chat_id=-5, text="x").status, 200)


@net.case
def webhook__is_called_with_its_secret_until_it_says_200():
    heard, statuses = [], [503, 200]

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            secret = self.headers["X-Telegram-Bot-Api-Secret-Token"]
            heard.append((self.path, secret, body["message"]["text"]))
            self.send_response(statuses[min(len(heard), len(statuses)) - 1])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, args=(0.02,), daemon=True).start()
    with FakeTelegram() as tg, Bot(tg) as bot:
        bot.ok("setWebhook", url=f"http://127.0.0.1:{hook.server_port}/h", secret_token="s-1")
        tg.say("x")
        tg.wait("it is taken", lambda: not tg._queue)
        net.equal(heard, [("/h", "s-1", "x")] * 2)
        net.equal(bot.ok("getWebhookInfo")["last_error_message"], "Wrong response from the webhook: 503")
    hook.shutdown()
    hook.server_close()


@net.case
def faults__each_does_what_it_says():
    with FakeTelegram() as tg, Bot(tg) as bot, Bot(tg) as poller:
        send = {"chat_id": 5, "text": "x"}
        tg.fault("sendMessage", 429, retry_after=1, chat=5)
        net.equal(bot("sendMessage", chat_id=6, text="x").status, 200, "another chat")
        refused = bot("sendMessage", **send)
        net.equal((refused.status, refused.headers["Retry-After"]), (429, "1"))
        net.equal(refused.json()["parameters"], {"retry_after": 1})
        net.equal(bot("sendMessage", **send).status, 200)
        assert "before its retry_after" in tg.violations.pop(), tg.violations
        tg.fault("*", "garbage")
        net.equal(poller("getUpdates").status, 200)
        net.equal(bot("getMe").body, b"{ok")
        for how in ("reset", "after", "cut"):
            tg.fault("sendMessage", how)
            assert broken(lambda: bot("sendMessage", **send)), how
        net.equal(len(tg.sent(5)), 3, "done: the good one, after, cut")
        net.equal(tg.violations, [])


@net.case
def faults__hang_and_half_open_say_nothing():
    with FakeTelegram() as tg:
        with Bot(tg) as bot:
            bot.wire.conn.timeout = 0.3
            tg.fault("getMe", "hang")
            assert broken(lambda: bot("getMe"))
        with Bot(tg) as bot:
            bot.wire.conn.timeout = 0.3
            tg.fault("getMe", "half-open")
            net.equal(bot("getMe").status, 200)
            assert broken(lambda: bot("getMe"))
            net.equal(bot("getMe").status, 200, "a new connection")


@net.case
def down__refuses_and_comes_back():
    with FakeTelegram() as tg, Bot(tg) as bot:
        poll = in_background(lambda: broken(lambda: bot("getUpdates", timeout=50)))
        tg.wait_idle()
        tg.down()
        assert poll() and broken(lambda: bot("getMe"))
        tg.up()
        net.equal(bot("getMe").status, 200)


@net.case
def token__a_wrong_one_is_401():
    with FakeTelegram() as tg, Bot(tg, "1:x") as bot:
        net.equal(bot("getMe").status, 401)


def bold(offset, length, **more):
    return {"type": "bold", "offset": offset, "length": length, **more}


def keyboard(data):
    return {"inline_keyboard": [[{"text": "y", "callback_data": data}]]}


SEND_WRONG = [
    ({"chat_id": "5"}, 400),
    ({"chat_id": True}, 400),
    ({"text": ""}, 400),
    ({"text": "\U0001f642" * 2049}, 400),
    ({"colour": 1}, 200),
    ({"text": "\U0001f642", "entities": [bold(1, 1)]}, 400),
    ({"text": "ab", "entities": [bold(0, 3)]}, 400),
    ({"text": "abc", "entities": [bold(0, 2), bold(1, 2)]}, 400),
    ({"text": "abc", "entities": [bold(0, 2, type="code"), bold(0, 1)]}, 200),
    ({"entities": [bold(0, 1, type="text_link")]}, 400),
    ({"reply_parameters": {}}, 400),
    ({"reply_markup": keyboard("x" * 65)}, 400),
]
WRONG = [
    *(("sendMessage", {"chat_id": 5, "text": "x", **args}, status) for args, status in SEND_WRONG),
    ("sendMessage", {"text": "x"}, 400),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, 400),
    ("getUpdates", {"limit": 101}, 200),
    ("setWebhook", {"url": "http://x.example"}, 400),
    ("sendChatAction", {"chat_id": 5, "action": "typign"}, 400),
    ("setMyCommands", {"commands": [{"command": "Ask", "description": "x"}]}, 400),
    ("sendMesage", {}, 404),
]


@net.case
def rules__each_violation_is_seen():
    with FakeTelegram() as tg, Bot(tg) as bot:
        for method, args, status in WRONG:
            net.equal(bot(method, **args).status, status, f"{method} {args}")
            assert tg.violations, f"{method} {args}"
            tg.violations.clear()


@net.case
def entities__are_what_telegram_would_mark():
    net.equal(entities_of("/ask@parley_bot \U0001f642 @ann_smith a@b.example"),
              [{"type": "bot_command", "offset": 0, "length": 15},
               {"type": "mention", "offset": 19, "length": 10}])


@net.case
def waits__are_for_news():
    with FakeTelegram() as tg, Bot(tg) as bot:
        began = time.monotonic()
        sent = in_background(lambda: tg.wait_sent(5, text="two"))
        for text in ("one", "two"):
            bot.ok("sendMessage", chat_id=5, text=text)
        net.equal([m["text"] for m in sent()], ["two"])
        net.equal(len(tg.wait_calls("sendMessage", 2)), 2)
        assert time.monotonic() - began < 5 * net.SLOW


net.main()
