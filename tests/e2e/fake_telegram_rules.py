# SPDX-License-Identifier: Apache-2.0
"""What a call of the Bot API must look like, as far as Parley makes calls, for fake_telegram.py.

Types and limits are those of the documentation of Bot API 10.1. A violation is a fault of the caller
that Telegram may forgive or not; Refused is how Telegram would answer.
"""
import json
import re

TEXT_MAX, ENTITIES_MAX, CALLBACK_DATA_MAX, ANSWER_MAX = 4096, 100, 64, 200

# method -> member -> type; "!" behind a member: it must be there.
_ID, _MARKUP = (int,), (dict,)
METHODS = {
    "getMe": {},
    "getUpdates": {"offset": _ID, "limit": (int,), "timeout": (int,), "allowed_updates": (list,)},
    "setWebhook": {"url!": (str,), "max_connections": (int,), "allowed_updates": (list,),
                   "drop_pending_updates": (bool,), "secret_token": (str,), "ip_address": (str,)},
    "deleteWebhook": {"drop_pending_updates": (bool,)},
    "getWebhookInfo": {},
    "sendMessage": {"chat_id!": _ID, "message_thread_id": _ID, "text!": (str,), "entities": (list,),
                    "link_preview_options": (dict,), "disable_notification": (bool,),
                    "protect_content": (bool,), "reply_parameters": (dict,), "reply_markup": _MARKUP},
    "sendMessageDraft": {"chat_id!": _ID, "message_thread_id": _ID, "draft_id!": _ID, "text": (str,),
                         "entities": (list,)},
    "editMessageText": {"chat_id!": _ID, "message_id!": _ID, "text!": (str,), "entities": (list,),
                        "link_preview_options": (dict,), "reply_markup": _MARKUP},
    "editMessageReplyMarkup": {"chat_id!": _ID, "message_id!": _ID, "reply_markup": _MARKUP},
    "deleteMessage": {"chat_id!": _ID, "message_id!": _ID},
    "sendChatAction": {"chat_id!": _ID, "message_thread_id": _ID, "action!": (str,)},
    "answerCallbackQuery": {"callback_query_id!": (str,), "text": (str,), "show_alert": (bool,)},
    "answerGuestQuery": {"guest_query_id!": (str,), "result!": (dict,)},
    "setMyCommands": {"commands!": (list,), "scope": (dict,), "language_code": (str,)},
}
ENTITY_TYPES = {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link",
                "blockquote", "expandable_blockquote"}
SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}


class Refused(Exception):
    def __init__(self, code, description, parameters=None):
        super().__init__(description)
        self.code, self.parameters = code, parameters

    def answer(self):
        """(body, headers)"""
        body = {"ok": False, "error_code": self.code, "description": str(self)}
        if self.parameters:
            body["parameters"] = self.parameters
        after = (self.parameters or {}).get("retry_after")
        return json.dumps(body).encode(), {"Retry-After": after} if after else {}


def units(text):
    """Its length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def entities_of(text):
    """What Telegram marks by itself: a command at the beginning, and mentions."""
    found = [("bot_command", m) for m in re.finditer(r"^/\w{1,64}(@\w+)?", text, re.A)]
    found += [("mention", m) for m in re.finditer(r"(?<![\w/])@[A-Za-z]\w{3,31}\b", text, re.A)]
    return [{"type": kind, "offset": units(text[:m.start()]), "length": units(m.group())}
            for kind, m in found]


def check_call(method, args, violations):
    """Raises Refused for what Telegram refuses; everything wrong is appended to `violations`."""
    def wrong(what, refused=None):
        violations.append(f"{method}: {what}")
        if refused:
            raise Refused(400, f"Bad Request: {refused}")

    if method not in METHODS:
        violations.append(f"no method {method}")
        raise Refused(404, "Not Found: method not found")
    _members(METHODS[method], args, wrong)
    if "text" in args:
        _text(method, args, wrong)
    if "reply_markup" in args:
        _keyboard(args["reply_markup"], wrong)
    if "reply_parameters" in args and not isinstance(args["reply_parameters"].get("message_id"), int):
        wrong("reply_parameters without message_id", "can't parse reply parameters JSON object")
    if method in RULES:
        RULES[method](args, wrong)


def _members(rule, args, wrong):
    known = {name.rstrip("!"): types for name, types in rule.items()}
    for name, value in args.items():
        if name not in known:
            wrong(f"unknown member {name}")
        elif not isinstance(value, known[name]) or (isinstance(value, bool) and bool not in known[name]):
            wrong(f"{name} is {type(value).__name__}", f"{name} has a wrong type")
    for name in rule:
        if name.endswith("!") and name[:-1] not in args:
            wrong(f"{name[:-1]} is missing", f"{name[:-1]} is empty")


def _text(method, args, wrong):
    text, longest = args["text"], ANSWER_MAX if method == "answerCallbackQuery" else TEXT_MAX
    if re.search("[\ud800-\udfff\ufffd]", text):
        wrong("a character of the text was cut", "strings must be encoded in UTF-8")
    if units(text) > longest:
        wrong(f"text of {units(text)} units", "message is too long")
    if not text.strip() and method in ("sendMessage", "editMessageText"):
        wrong("empty text", "message text is empty")
    _entities(text, args.get("entities", []), wrong)


def _entities(text, entities, wrong):
    """Inside the text, on characters, nested or apart, and only what goes with each other."""
    if len(entities) > ENTITIES_MAX:
        wrong(f"{len(entities)} entities")
    at, bounds = 0, {0}
    for c in text:
        at += units(c)
        bounds.add(at)
    open_ = []  # ends and types of those that are around
    for e in sorted(entities, key=lambda e: (e.get("offset", 0), -e.get("length", 0))):
        begin, end, kind = e.get("offset"), e.get("offset", 0) + e.get("length", 0), e.get("type")
        if kind not in ENTITY_TYPES or begin not in bounds or end not in bounds or end <= begin:
            wrong(f"entity {e} does not fit", "ENTITY_BOUNDS_INVALID")
        if kind == "text_link" and not re.match(r"https?://\S+$", e.get("url", "")):
            wrong(f"entity {e} has no URL", "can't parse MessageEntity: Can't find field \"url\"")
        open_ = [(o, k) for o, k in open_ if o > begin]
        if any(o < end for o, _ in open_):
            wrong(f"entity {e} overlaps another", "ENTITY_BOUNDS_INVALID")
        inside = {k for _, k in open_}
        if inside & {"code", "pre"} or (kind in ("code", "pre") and inside - {"blockquote"}):
            wrong(f"entity {e} inside of {inside}")
        if "blockquote" in kind and any("blockquote" in k for k in inside):
            wrong(f"entity {e}: quotes do not nest")
        open_.append((end, kind))


def _keyboard(markup, wrong):
    for row in markup.get("inline_keyboard", []):
        for b in row:
            data = b.get("callback_data")
            if not b.get("text") or (data is None) == ("url" not in b):
                wrong(f"button {b}", "text buttons are unallowed in the inline keyboard")
            if data is not None and not 1 <= len(data.encode()) <= CALLBACK_DATA_MAX:
                wrong(f"button {b}", "BUTTON_DATA_INVALID")


def _poll(args, wrong):
    if not 1 <= args.get("limit", 100) <= 100 or not 0 <= args.get("timeout", 0) <= 50:
        wrong(f"limit {args.get('limit')}, timeout {args.get('timeout')}")


def _webhook(args, wrong):
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", args.get("secret_token", "")):
        wrong("secret_token", "secret token contains unallowed characters")
    if args["url"] and not args["url"].startswith(("https://", "http://127.0.0.1:")):  # ours, in a test
        wrong(f"url {args['url']}", "bad webhook: An HTTPS URL must be provided for webhook")


def _action(args, wrong):
    if args["action"] != "typing":
        wrong(f"action {args['action']}", "wrong parameter action in request")


def _commands(args, wrong):
    if len(args["commands"]) > 100:
        wrong("more than 100 commands", "BOT_COMMANDS_TOO_MUCH")
    for c in args["commands"]:
        if set(c) != {"command", "description"} or not re.fullmatch(r"[a-z0-9_]{1,32}", c["command"]) or \
                not 1 <= units(c["description"]) <= 256:
            wrong(f"command {c}", "BOT_COMMAND_INVALID")
    if args.get("scope", {"type": "default"}).get("type") not in SCOPES:
        wrong(f"scope {args['scope']}", "can't parse BotCommandScope")
    if not re.fullmatch(r"([a-z]{2})?", args.get("language_code", "")):
        wrong(f"language {args['language_code']}", "LANG_CODE_INVALID")


RULES = {"getUpdates": _poll, "setWebhook": _webhook, "sendChatAction": _action, "setMyCommands": _commands}
