# SPDX-License-Identifier: Apache-2.0
"""What a body of Discord's REST API must look like, as far as Parley makes calls, for fake_discord.py.

Limits are those of the documentation of version 10. A violation is a fault of the caller that Discord may
forgive or not; Refused is how Discord would answer.
"""
import re

CONTENT_MAX, EMBEDS_MAX, EMBED_SUM_MAX, COMPONENTS_MAX, ROWS_MAX, ROW_BUTTONS_MAX = 2000, 10, 6000, 40, 5, 5
SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SILENT, COMPONENTS_V2 = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 15
COMMANDS_MAX = {1: 100, 2: 15, 3: 15}
COMMAND_SUM_MAX = 8000
LOCALES = set("id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru "
              "uk hi th zh-CN ja zh-TW ko".split())
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5  # interactions
CALLBACKS = {COMMAND: {4, 5, 9, 12}, COMPONENT: {4, 5, 6, 7, 9, 12}, AUTOCOMPLETE: {8}, MODAL: {4, 5, 6, 7}}


class Refused(Exception):
    """`errors`: (path, code, message) of a form that is wrong."""

    def __init__(self, status, code, message, errors=(), headers=None, **more):
        super().__init__(message)
        self.status, self.code, self.headers, self.more = status, code, headers or {}, more
        self.errors = list(errors)

    def body(self):
        out = {"message": str(self), "code": self.code, **self.more}
        if self.errors:
            out["errors"] = root = {}
            for path, code, message in self.errors:
                at = root
                for part in path.split(".") if path else []:
                    at = at.setdefault(part, {})
                at.setdefault("_errors", []).append({"code": code, "message": message})
        return out


class Form:
    """Collects what is wrong with one call."""

    def __init__(self, where, violations):
        self.where, self.violations, self.errors = where, violations, []

    def odd(self, what):
        """Discord would take it."""
        self.violations.append(f"{self.where}: {what}")

    def wrong(self, path, what, code="BASE_TYPE_INVALID"):
        self.odd(f"{path}: {what}" if path else what)
        self.errors.append((path, code, what))

    def end(self):
        if self.errors:
            raise Refused(400, 50035, "Invalid Form Body", self.errors)


# ---- shapes: a function (form, path, value) each -------------------------------------------------------


def text(longest=None, shortest=0):
    def check(form, path, value):
        if not isinstance(value, str):
            return form.wrong(path, f"is {type(value).__name__}, not text", "STRING_TYPE_CONVERT")
        if re.search("[\ud800-\udfff\ufffd]", value):
            form.odd(f"{path}: a character was cut")
        if not shortest <= len(value) <= (longest or len(value)):
            return form.wrong(path, f"{len(value)} characters, at most {longest}", "BASE_TYPE_MAX_LENGTH")
        if shortest and not value.strip():
            return form.wrong(path, "This field is required", "BASE_TYPE_REQUIRED")
        return None
    return check


def number(low=None, high=None):
    def check(form, path, value):
        if isinstance(value, bool) or not isinstance(value, int):
            form.wrong(path, f"is {type(value).__name__}, no integer", "NUMBER_TYPE_COERCE")
        elif not (low if low is not None else value) <= value <= (high if high is not None else value):
            form.wrong(path, f"{value} is not in {low}..{high}", "NUMBER_TYPE_MAX")
    return check


def flag(form, path, value):
    if not isinstance(value, bool):
        form.wrong(path, f"is {type(value).__name__}, no boolean", "BOOLEAN_TYPE_CONVERT")


def snowflake(form, path, value):
    if not re.fullmatch(r"[1-9]\d{0,19}", value if isinstance(value, str) else ""):
        form.wrong(path, f"{value!r} is no snowflake", "NUMBER_TYPE_COERCE")


def url(form, path, value):
    if not re.match(r"(https?|attachment)://\S+$", value if isinstance(value, str) else "") or \
            len(value) > 2048:
        form.wrong(path, f"{value!r} is no URL", "URL_TYPE_INVALID_URL")


def anything(form, path, value):
    pass


def array(of, most, least=0):
    def check(form, path, value):
        if not isinstance(value, list):
            return form.wrong(path, f"is {type(value).__name__}, no list", "LIST_TYPE_CONVERT")
        if not least <= len(value) <= most:
            form.wrong(path, f"{len(value)} elements, {least} to {most} may be", "BASE_TYPE_BAD_LENGTH")
        for i, v in enumerate(value):
            of(form, f"{path}.{i}" if path else str(i), v)
        return None
    return check


def obj(**members):
    """`name`: may be there, and null; `name_`: must be there, and not null."""
    known = {name.rstrip("_"): rule for name, rule in members.items()}
    needed = [name[:-1] for name in members if name.endswith("_")]

    def check(form, path, value):
        if not isinstance(value, dict):
            return form.wrong(path, f"is {type(value).__name__}, no object", "DICT_TYPE_CONVERT")
        dot = f"{path}." if path else ""
        for name in needed:
            if value.get(name) is None:
                form.wrong(dot + name, "This field is required", "BASE_TYPE_REQUIRED")
        for name, v in value.items():
            if name not in known:
                form.odd(f"unknown member {dot}{name}")
            elif v is not None:
                known[name](form, dot + name, v)
        return None
    return check


def names(longest):
    def check(form, path, value):
        if not isinstance(value, dict) or set(value) - LOCALES:
            return form.wrong(path, "is no object of locales", "DICT_TYPE_CONVERT")
        for locale, v in value.items():
            text(longest, 1)(form, f"{path}.{locale}", v)
        return None
    return check


# ---- messages ------------------------------------------------------------------------------------------

PICTURE = obj(url_=url, proxy_url=url, height=number(), width=number())
EMBED = obj(title=text(256), description=text(4096), url=url, timestamp=text(64), color=number(0, 0xFFFFFF),
            footer=obj(text_=text(2048, 1), icon_url=url), image=PICTURE, thumbnail=PICTURE,
            author=obj(name_=text(256, 1), url=url, icon_url=url), type=text(32),
            fields=array(obj(name_=text(256, 1), value_=text(1024, 1), inline=flag), 25))
EMOJI = obj(id=snowflake, name=text(64), animated=flag)
CUSTOM_ID = text(100, 1)
BUTTON = obj(type_=number(2, 2), id=number(0), style_=number(1, 6), label=text(80), custom_id=CUSTOM_ID,
             url=url, disabled=flag, emoji=EMOJI, sku_id=snowflake)
OPTION = obj(label_=text(100, 1), value_=text(100, 1), description=text(100), emoji=EMOJI, default=flag)
SELECT = obj(type_=number(3, 8), id=number(0), custom_id_=CUSTOM_ID, options=array(OPTION, 25, 1),
             placeholder=text(150), min_values=number(0, 25), max_values=number(1, 25), disabled=flag,
             channel_types=array(number(), 20), default_values=array(anything, 25), required=flag)
ROW = obj(type_=number(1, 1), id=number(0), components_=array(anything, ROW_BUTTONS_MAX, 1))
MENTIONS = obj(parse=array(text(16), 3), users=array(snowflake, 100), roles=array(snowflake, 100),
               replied_user=flag)
ATTACHMENT = obj(id=anything, filename=text(1024), description=text(1024), title=text(1024))
REFERENCE = obj(type=number(0, 1), message_id_=snowflake, channel_id=snowflake, guild_id=snowflake,
                fail_if_not_exists=flag)

_COMMON = {"content": text(CONTENT_MAX), "embeds": array(EMBED, EMBEDS_MAX), "allowed_mentions": MENTIONS,
           "components": array(anything, COMPONENTS_MAX), "flags": number(0),
           "attachments": array(ATTACHMENT, 10)}
_NEW = {"tts": flag, "poll": anything}


def _nonce(form, path, value):
    if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > 25:
        form.wrong(path, f"{value!r} is no nonce", "BASE_TYPE_MAX_LENGTH")


CREATE = obj(**_COMMON, **_NEW, sticker_ids=array(snowflake, 3), message_reference=REFERENCE, nonce=_nonce,
             enforce_nonce=flag)
EDIT = obj(**_COMMON)
WEBHOOK_NEW = obj(**_COMMON, **_NEW)
WEBHOOK_EDIT = obj(**_COMMON, poll=anything)


def message(form, body, shape, flags=0, path=""):
    """`flags`: those that may be set here, besides the ones that every message may have."""
    before = len(form.errors)
    shape(form, path, body)
    if len(form.errors) > before or not isinstance(body, dict):
        return
    allowed = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2 | flags
    if (body.get("flags") or 0) & ~allowed:
        form.odd(f"flags {body['flags']}")
    if is_there(body) and body.get("allowed_mentions") is None:
        form.odd("no allowed_mentions")
    _mentions(form, body)
    _embeds(form, body.get("embeds") or [], path)
    _components(form, body, path)
    if body.get("enforce_nonce") and body.get("nonce") is None:
        form.odd("enforce_nonce without a nonce")


def is_there(body):
    """Does it say anything?"""
    return bool((body.get("content") or "").strip() or
                any(body.get(k) for k in ("embeds", "components", "attachments", "poll", "sticker_ids")))


def _mentions(form, body):
    m = body.get("allowed_mentions") or {}
    for kind in m.get("parse") or []:
        if kind not in ("users", "roles", "everyone"):
            form.wrong("allowed_mentions.parse", f"{kind!r}", "BASE_TYPE_CHOICES")
        elif m.get(kind):
            form.wrong("allowed_mentions", f"{kind} both in parse and as a list", "MUTUALLY_EXCLUSIVE")


def embed_size(embed):
    fields = embed.get("fields") or []
    parts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text"),
             (embed.get("author") or {}).get("name"), *(f[k] for f in fields for k in ("name", "value"))]
    return sum(len(p or "") for p in parts)


def _embeds(form, embeds, path):
    total = sum(embed_size(e) for e in embeds)
    if total > EMBED_SUM_MAX:
        form.wrong(f"{path}.embeds".lstrip("."), f"{total} characters in embeds", "MAX_EMBED_SIZE_EXCEEDED")
    for e in embeds:
        if not any(e.get(k) for k in ("title", "description", "fields", "image", "author", "footer",
                                      "thumbnail")):
            form.odd("an embed that shows nothing")


def _components(form, body, path):
    new = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if new and (body.get("content") or body.get("embeds")):
        form.wrong(path, "content or embeds beside COMPONENTS_V2", "MESSAGE_CANNOT_USE_LEGACY_FIELDS")
    rows, seen, count = body.get("components") or [], set(), 0
    if not new and len(rows) > ROWS_MAX:
        form.wrong("components", f"{len(rows)} rows", "BASE_TYPE_BAD_LENGTH")
    for i, row in enumerate(rows):
        where = f"{path}.components.{i}".lstrip(".")
        if new and isinstance(row, dict) and row.get("type") != 1:
            continue  # layout: not looked into
        ROW(form, where, row)
        inside = row.get("components") if isinstance(row, dict) else None
        for j, c in enumerate(inside if isinstance(inside, list) else []):
            _component(form, f"{where}.components.{j}", c, len(inside), seen)
            count += 1
    if count + len(rows) > COMPONENTS_MAX:
        form.wrong("components", f"{count + len(rows)} components", "COMPONENT_MAX_TOTAL")


def _component(form, where, c, beside, seen):
    kind = c.get("type") if isinstance(c, dict) else None
    if kind != 2 and (kind not in range(3, 9) or beside > 1):
        return form.wrong(where, f"type {kind} does not go here", "COMPONENT_TYPE_INVALID")
    (BUTTON if kind == 2 else SELECT)(form, where, c)
    style, custom = c.get("style"), c.get("custom_id")
    if kind == 2 and style == 5 and (custom or not c.get("url")):
        form.wrong(where, "a link has a URL and no custom_id", "COMPONENT_CUSTOM_ID_WITH_URL")
    if kind == 2 and style in (1, 2, 3, 4) and (not custom or c.get("url")):
        form.wrong(where, "a button has a custom_id and no URL", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED")
    if kind == 2 and style != 6 and not c.get("label") and not c.get("emoji"):
        form.wrong(where, "a button without a label", "BUTTON_COMPONENT_INVALID")
    if custom is not None and custom in seen:
        form.wrong(where, "a custom_id twice", "COMPONENT_CUSTOM_ID_DUPLICATED")
    seen.add(custom)
    return None


# ---- interactions --------------------------------------------------------------------------------------

CHOICE = obj(name_=text(100, 1), name_localizations=names(100), value_=anything)


def callback(form, body, kind):
    """An answer to an interaction of this kind."""
    obj(type_=number(1, 12), data=anything)(form, "", body)
    form.end()
    answer, data = body["type"], body.get("data") or {}
    if answer not in CALLBACKS[kind]:
        form.wrong("type", f"type {answer} for an interaction of type {kind}", "BASE_TYPE_CHOICES")
    elif answer in (4, 7):
        message(form, data, WEBHOOK_NEW, EPHEMERAL if answer == 4 else 0, "data")
        if answer == 4 and not form.errors and not is_there(data):
            raise Refused(400, 50006, "Cannot send an empty message")
    elif answer == 5:
        obj(flags=number(0))(form, "data", data)
        if data.get("flags", 0) & ~EPHEMERAL:
            form.odd(f"flags {data['flags']} of a deferred answer")
    elif answer == 6 and data:
        form.odd("data of a deferred update")
    elif answer == 8:
        obj(choices_=array(CHOICE, 25))(form, "data", data)
    form.end()


# ---- commands ------------------------------------------------------------------------------------------

_NAMES = {"name_": anything, "name_localizations": names(32), "description": text(100),
          "description_localizations": names(100)}


def _permissions(form, path, value):
    if not re.fullmatch(r"\d{1,20}", str(value)) or isinstance(value, bool):
        form.wrong(path, f"{value!r} are no permissions", "NUMBER_TYPE_COERCE")


def _options(form, path, value):
    array(COMMAND_OPTION, 25)(form, path, value)
    seen, optional = set(), False
    for i, o in enumerate(o for o in value if isinstance(o, dict)) if isinstance(value, list) else ():
        _name(form, f"{path}.{i}.name", o.get("name"))
        text(100, 1)(form, f"{path}.{i}.description", o.get("description") or "")
        if o.get("name") in seen:
            form.wrong(f"{path}.{i}", "an option twice", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS")
        if o.get("required") and optional:
            form.wrong(f"{path}.{i}", "required after one that is not",
                       "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID")
        if o.get("choices") and o.get("autocomplete"):
            form.wrong(f"{path}.{i}", "choices and autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID")
        optional = optional or (o.get("type", 0) > 2 and not o.get("required"))
        seen.add(o.get("name"))


COMMAND_OPTION = obj(**_NAMES, type_=number(1, 11), required=flag, choices=array(CHOICE, 25),
                     options=_options, channel_types=array(number(), 20), min_value=anything,
                     max_value=anything, min_length=number(0, 6000), max_length=number(1, 6000),
                     autocomplete=flag)
COMMAND_SHAPE = obj(**_NAMES, id=snowflake, type=number(1, 4), options=_options, dm_permission=flag,
                    default_member_permissions=_permissions, contexts=array(number(0, 2), 3, 1),
                    integration_types=array(number(0, 1), 2, 1), nsfw=flag, handler=number(1, 2))


def _name(form, path, name):
    if not isinstance(name, str) or not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower():
        form.wrong(path, f"{name!r} is no name", "APPLICATION_COMMAND_INVALID_NAME")


def _weight(c):
    """Characters that count towards 8,000: of a name with its longest translation, and so on."""
    def longest(key):
        return max([len(c.get(key) or "")] + [len(v) for v in (c.get(f"{key}_localizations") or {}).values()])
    inside = sum(_weight(o) for o in c.get("options") or [])
    choices = sum(len(x["name"]) + len(str(x["value"])) for x in c.get("choices") or [])
    return longest("name") + longest("description") + inside + choices


def commands(form, body):
    array(COMMAND_SHAPE, 130)(form, "", body)
    form.end()
    seen, count = set(), {}
    for i, c in enumerate(body):
        kind = c.get("type") or 1
        count[kind] = count.get(kind, 0) + 1
        if kind == 1:
            _name(form, f"{i}.name", c["name"])
            text(100, 1)(form, f"{i}.description", c.get("description") or "")
            for locale, name in (c.get("name_localizations") or {}).items():
                _name(form, f"{i}.name_localizations.{locale}", name)
        else:
            text(32, 1)(form, f"{i}.name", c["name"])
            if c.get("description"):
                form.wrong(f"{i}.description", "only of chat commands", "APPLICATION_COMMAND_DESCRIPTION")
        if (kind, c["name"]) in seen:
            form.wrong(str(i), "a name twice", "APPLICATION_COMMANDS_DUPLICATE_NAME")
        seen.add((kind, c["name"]))
        if not form.errors and _weight(c) > COMMAND_SUM_MAX:
            form.wrong(str(i), f"{_weight(c)} characters", "APPLICATION_COMMAND_TOO_LARGE")
    if any(n > COMMANDS_MAX.get(kind, 1) for kind, n in count.items()):
        form.odd("too many commands")
        raise Refused(400, 30032, "Maximum number of application commands reached")
    form.end()


THREAD = obj(name_=text(100, 1), auto_archive_duration=number(60, 10080),
             rate_limit_per_user=number(0, 21600))
DM = obj(recipient_id_=snowflake)
