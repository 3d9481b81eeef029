"""What Bitrix24 sends over HTTP -> typed values, and the check that it was Bitrix24 who sent it; pure, no I/O.

Bodies are `application/x-www-form-urlencoded` with PHP's square brackets (`auth[member_id]`,
`document_id[2]`); pages inside the portal get a part of their data in the query string.
Vendor pages: api-reference/events/index.md, settings/oauth/simple-way.md, api-reference/widgets/index.md,
api-reference/bizproc/bizproc-robot/index.md.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import unquote

from b24app.errors import BadPayload, Forged
from rules.decision import Text

MAX_BYTES = 1_000_000
"""The largest body read; the largest example of the vendor is 4 kB."""
MAX_KEYS = 1000
MAX_KEY = 500
MAX_DEPTH = 12
MAX_TEXT = 60_000

Tree = dict[str, Any]
"""A decoded body: nested dicts and lists with text leaves."""

_SECRET_KEYS = {"access_token", "refresh_token", "application_token", "auth_id", "refresh_id", "event_token"}
# What a number in JSON holds exactly; the portal's own ids are far smaller.
_MAX_ID = 2**53 - 1
# What the database keeps the number of an object's type in; the portal's own begin at 1 and 128.
_MAX_TYPE = 2**31 - 1
_MAX_NAME = 64

_ENTITY_TYPES = {"LEAD": 1, "DEAL": 2, "CONTACT": 3, "COMPANY": 4, "INVOICE": 5, "ACTIVITY": 6, "QUOTE": 7}
_ENTITY_TYPES["REQUISITE"] = 8
_ENTITY_EVENT = re.compile(rf"ONCRM({'|'.join(_ENTITY_TYPES)})(?!USERFIELD|RECURRING)")
_DYNAMIC_EVENT = re.compile(r"ONCRMDYNAMICITEM[A-Z]+(?:_(\d+))?")
_APP_EVENTS = {"ONAPPINSTALL": "install", "ONAPPUPDATE": "update", "ONAPPUNINSTALL": "uninstall"}


@dataclass(frozen=True, slots=True)
class Auth:
    """Who calls: the portal, the application's token, and the acting user's tokens if there are any.

    Tokens are kept out of `repr`, so that they cannot slip into a log. Missing texts are "".
    """

    member_id: str = ""
    domain: str = ""
    client_endpoint: str = ""
    server_endpoint: str = ""
    scope: tuple[str, ...] = ()
    user_id: int | None = None
    expires_in: int | None = None
    application_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CrmEvent:
    """Something changed on the portal. `entity_type_id` and `item_id` are None where the event has none."""

    event: str
    entity_type_id: int | None
    item_id: int | None
    data: Any
    auth: Auth
    sent_at: int | None = None

    def body(self) -> Tree:
        """The event as it may be stored: without any token."""
        return {"event": self.event, "data": without_secrets(self.data), "ts": self.sent_at}


@dataclass(frozen=True, slots=True)
class AppEvent:
    """The application was installed, updated or removed. `clean`: the administrator wants its data gone."""

    kind: Literal["install", "update", "uninstall"]
    auth: Auth
    language: str = ""
    clean: bool = False


@dataclass(frozen=True, slots=True)
class RobotCall:
    """A robot (or workflow activity) of ours was reached. `waits`: the process stands until it is answered."""

    code: str
    workflow_id: str
    document: tuple[str, str, str]
    document_type: tuple[str, str, str]
    properties: Tree
    waits: bool
    timeout: int | None
    auth: Auth
    event_token: str = field(repr=False)

    @property
    def token_hash(self) -> str:
        """The call's identity: sha256 of the event token, in hex."""
        return hashlib.sha256(self.event_token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SenderCall:
    """Our message provider is asked to send a message (messageservice.sender.add)."""

    code: str
    message_id: str
    to: str
    text: str
    auth: Auth


@dataclass(frozen=True, slots=True)
class PlacementOpen:
    """A page of ours is opened inside the portal. `domain` is a claim of the browser, never a proof."""

    placement: str
    options: Tree
    domain: str
    secure: bool
    language: str
    app_sid: str
    auth: Auth


@dataclass(frozen=True, slots=True)
class Install:
    """The installation path was called: by the browser (`page` is set) or by the portal (API-only app)."""

    auth: Auth
    language: str
    page: PlacementOpen | None


def verify(auth: Auth, member_id: str, application_token: str) -> None:
    """Forged unless the call names this portal and knows the token it was given at installation.

    The comparison takes the same time for every wrong token
    (api-reference/events/safe-event-handlers.md).
    """
    same_portal = hmac.compare_digest(auth.member_id.encode(), member_id.encode())
    same_token = hmac.compare_digest(auth.application_token.encode(), application_token.encode())
    if not (same_portal and same_token and member_id and application_token):
        raise Forged("the application token is not this portal's")


def parse_event(body: bytes) -> CrmEvent | AppEvent:
    """The body of an event."""
    tree = decode_form(body)
    name = _text(tree, "event", required=True).upper()
    if len(name) > _MAX_NAME:  # a letter may become two: ß
        raise _bad("event", f"at most {_MAX_NAME} characters", f"не больше {_MAX_NAME} символов")
    auth = _event_auth(tree)
    if name in _APP_EVENTS:
        return _app_event(name, tree, auth)
    data = tree.get("data", {})
    entity_type_id, item_id = _subject(name, data)
    return CrmEvent(name, entity_type_id, item_id, data, auth, _integer(tree, "ts"))


def parse_robot(body: bytes) -> RobotCall:
    """The body of a robot's call."""
    tree = decode_form(body)
    properties = tree.get("properties", {})
    if not isinstance(properties, dict):
        # PHP prints an empty or a numbered map the same way as a list.
        properties = {str(n): value for n, value in enumerate(properties)} if isinstance(properties, list) else {}
    return RobotCall(
        code=_text(tree, "code", required=True, limit=128),
        workflow_id=_text(tree, "workflow_id", limit=128),
        document=_triple(tree, "document_id"),
        document_type=_triple(tree, "document_type"),
        properties=without_secrets(properties),
        waits=_text(tree, "use_subscription") != "N",
        timeout=_integer(tree, "timeout_duration"),
        auth=_event_auth(tree),
        event_token=_text(tree, "event_token", required=True, limit=1024),
    )


def parse_sender(body: bytes) -> SenderCall:
    """The body of a message provider's call."""
    tree = decode_form(body)
    return SenderCall(
        code=_text(tree, "code", required=True, limit=128),
        message_id=_text(tree, "message_id", required=True, limit=128),
        to=_text(tree, "message_to", required=True, limit=128),
        text=_text(tree, "message_body", limit=MAX_TEXT),
        auth=_event_auth(tree),
    )


def parse_placement(query: bytes, body: bytes) -> PlacementOpen:
    """A page opened inside the portal: the query string and the form together."""
    asked, form = decode_form(query), decode_form(body)
    return PlacementOpen(
        placement=_text(form, "PLACEMENT", limit=128),
        options=_options(form),
        domain=_text(asked, "DOMAIN", limit=255),
        secure=_text(asked, "PROTOCOL") != "0",
        language=_text(asked, "LANG", limit=8) or "en",
        app_sid=_text(asked, "APP_SID", limit=128),
        auth=_page_auth(asked, form),
    )


def parse_install(query: bytes, body: bytes) -> Install | AppEvent:
    """What arrives at the installation path: a page, the callback of an API-only app, or an event.

    Local applications get all three at the same address (settings/app-installation/local-apps).
    """
    form = decode_form(body)
    if "event" in form:
        event = parse_event(body)
        if isinstance(event, AppEvent):
            return event
        raise _bad("event", "an installation event", "событие установки")
    if isinstance(form.get("auth"), dict):
        return Install(_required_tokens(_event_auth(form)), "", None)
    page = parse_placement(query, body)
    return Install(_required_tokens(page.auth), page.language, page)


def without_secrets(value: Any) -> Any:
    """The same tree without tokens, wherever they stand (bot events carry them inside `data`)."""
    if isinstance(value, dict):
        return {key: without_secrets(inner) for key, inner in value.items() if key.lower() not in _SECRET_KEYS}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return value


def decode_form(body: bytes) -> Tree:
    """A form body or a query string as a tree; `a[b][0]=x` is {"a": {"b": ["x"]}}.

    BadPayload on text that is not UTF-8 and on bodies beyond the limits above.
    """
    if len(body) > MAX_BYTES:
        raise _bad("body", "a body of at most 1 MB", "тело не больше 1 МБ")
    if body.count(b"&") >= MAX_KEYS:
        raise _bad("body", f"at most {MAX_KEYS} fields", f"не больше {MAX_KEYS} полей")
    tree: Tree = {}
    try:
        for pair in body.decode().split("&"):
            key, _, value = pair.partition("=")
            if not key:
                continue
            path = _path(key)
            if len(path) == 1:
                tree[path[0]] = _decoded(value)
            else:
                _place(tree, path, _decoded(value))
    except UnicodeError:
        raise _bad("body", "a URL-encoded form in UTF-8", "форма в кодировке UTF-8") from None
    return {key: _tidy(value) for key, value in tree.items()}


def _decoded(text: str) -> str:
    """One URL-encoded name or value; UnicodeError when it is not UTF-8."""
    if "+" in text or "%" in text:
        # The addresses of a portal stand in every event of it: short texts are remembered.
        text = _unquoted(text) if len(text) <= MAX_KEY else _unquoted.__wrapped__(text)
    if "\0" in text:
        # PostgreSQL refuses the zero character in text; nothing of the vendor's contains it.
        raise _bad("body", "text without zero characters", "текст без нулевых символов")
    return text


@lru_cache(2048)
def _unquoted(text: str) -> str:
    return unquote(text.replace("+", " "), errors="strict")


@lru_cache(2048)
def _known_path(key: str) -> tuple[str, ...]:
    """The steps of a key (`auth[member_id]`). Bodies repeat the same few keys, so they are decoded once."""
    name = _decoded(key)
    head, bracket, rest = name.partition("[")
    path = (head, *rest.removesuffix("]").split("][")) if bracket else (name,)
    if len(path) > MAX_DEPTH:
        raise _bad(name[:40], f"at most {MAX_DEPTH} levels", f"не больше {MAX_DEPTH} уровней")
    return path


def _path(key: str) -> tuple[str, ...]:
    if len(key) > MAX_KEY:
        raise _bad(key[:40], f"a key of at most {MAX_KEY} characters", f"ключ не длиннее {MAX_KEY} символов")
    return _known_path(key)


def _place(tree: Tree, path: tuple[str, ...], value: str) -> None:
    """Puts one pair into the tree as PHP does; a later scalar wins over an earlier map and back."""
    node = tree
    for step in path[:-1]:
        step = step or str(len(node))
        inner = node.get(step)
        if not isinstance(inner, dict):
            inner = node[step] = {}
        node = inner
    node[path[-1] or str(len(node))] = value


def _tidy(value: Any) -> Any:
    """Maps numbered 0, 1, 2, ... become lists."""
    if isinstance(value, str):
        return value
    if "0" in value and all(key == str(number) for number, key in enumerate(value)):
        return [_tidy(inner) for inner in value.values()]
    return {key: inner if isinstance(inner, str) else _tidy(inner) for key, inner in value.items()}


def _app_event(name: str, tree: Tree, auth: Auth) -> AppEvent:
    kind: Any = _APP_EVENTS[name]
    data = tree.get("data")
    data = data if isinstance(data, dict) else {}
    language = _text(data, "LANGUAGE_ID", limit=8, place="data[LANGUAGE_ID]")
    return AppEvent(kind, auth, language, _text(data, "CLEAN", place="data[CLEAN]") in ("1", "Y"))


def _subject(name: str, data: Any) -> tuple[int | None, int | None]:
    """The changed object: its entity type and id, each None where the event does not carry it."""
    fields = _fields(data)
    item_id = _fitting("ID", fields.get("ID", fields.get("id")), _MAX_ID)
    dynamic = _DYNAMIC_EVENT.fullmatch(name)
    if dynamic:
        told = _fitting("ENTITY_TYPE_ID", fields.get("ENTITY_TYPE_ID"), _MAX_TYPE)
        return told or _fitting("event", dynamic[1], _MAX_TYPE), item_id
    entity = _ENTITY_EVENT.match(name)
    return (_ENTITY_TYPES[entity[1]] if entity else None), item_id


def _fields(data: Any) -> Mapping[str, Any]:
    """Where an event keeps the object's id: FIELDS, FIELDS_AFTER (tasks; "undefined" when deleted) or data."""
    if not isinstance(data, dict):
        return {}
    for name in ("FIELDS", "FIELDS_AFTER", "FIELDS_BEFORE"):
        inner = data.get(name)
        if isinstance(inner, dict):
            return inner
    return data


def identifier(value: Any) -> int | None:
    """A positive whole number that may be an id, else None (`USD`, "undefined", "")."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 19:
        return None
    number = int(value)
    return number if 0 < number <= _MAX_ID else None


def _fitting(name: str, value: Any, most: int) -> int | None:
    """`identifier`; BadPayload on a number that the database cannot keep: it would spoil the rows stored with it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and (len(value) > 19 or int(value) > most):
        raise _bad(name, f"a number up to {most}", f"число не больше {most}")
    return identifier(value)


def _event_auth(tree: Tree) -> Auth:
    auth = tree.get("auth", {})
    if not isinstance(auth, dict):
        raise _bad("auth", "a map", "набор полей")
    return Auth(
        member_id=_text(auth, "member_id", limit=64, place="auth[member_id]"),
        domain=_text(auth, "domain", limit=255, place="auth[domain]"),
        client_endpoint=_text(auth, "client_endpoint", limit=255, place="auth[client_endpoint]"),
        server_endpoint=_text(auth, "server_endpoint", limit=255, place="auth[server_endpoint]"),
        scope=_scope(_text(auth, "scope", limit=MAX_TEXT, place="auth[scope]")),
        user_id=identifier(auth.get("user_id")),
        expires_in=_integer(auth, "expires_in"),
        application_token=_text(auth, "application_token", limit=255, place="auth[application_token]"),
        access_token=_text(auth, "access_token", limit=1024, place="auth[access_token]"),
        refresh_token=_text(auth, "refresh_token", limit=1024, place="auth[refresh_token]"),
    )


def _page_auth(asked: Tree, form: Tree) -> Auth:
    return Auth(
        member_id=_text(form, "member_id", limit=64),
        domain=_text(asked, "DOMAIN", limit=255),
        server_endpoint=_text(form, "SERVER_ENDPOINT", limit=255),
        scope=_scope(_text(form, "APPLICATION_SCOPE", limit=MAX_TEXT)),
        expires_in=_integer(form, "AUTH_EXPIRES"),
        application_token=_text(form, "APPLICATION_TOKEN", limit=255),
        access_token=_text(form, "AUTH_ID", limit=1024),
        refresh_token=_text(form, "REFRESH_ID", limit=1024),
    )


def _required_tokens(auth: Auth) -> Auth:
    for name, value in (
        ("member_id", auth.member_id),
        ("AUTH_ID", auth.access_token),
        ("REFRESH_ID", auth.refresh_token),
    ):
        if not value:
            raise _bad(name, "a value", "значение")
    return auth


def _options(form: Tree) -> Tree:
    """PLACEMENT_OPTIONS: a JSON map in one field; an empty one arrives as `[]` or not at all."""
    text = _text(form, "PLACEMENT_OPTIONS", limit=MAX_BYTES)
    if not text:
        return {}
    try:
        options = json.loads(text)
    except (ValueError, RecursionError):
        raise _bad("PLACEMENT_OPTIONS", "JSON", "JSON") from None
    return options if isinstance(options, dict) else {}


def _scope(text: str) -> tuple[str, ...]:
    """Scopes come separated by commas, spaces or both, depending on the page."""
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def _triple(tree: Tree, name: str) -> tuple[str, str, str]:
    value = tree.get(name)
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(part, str) for part in value):
        raise _bad(name, "three texts", "три значения")
    return value[0], value[1], value[2]


def _integer(tree: Mapping[str, Any], name: str) -> int | None:
    """A whole number, 0 included; None when it is absent or is not one (it is never decisive)."""
    return 0 if tree.get(name) == "0" else identifier(tree.get(name))


def _text(
    tree: Mapping[str, Any], name: str, *, required: bool = False, limit: int = 4096, place: str | None = None
) -> str:
    value = tree.get(name, "")
    if not isinstance(value, str):
        raise _bad(place or name, "a text", "текст")
    if required and not value:
        raise _bad(place or name, "a value", "значение")
    if len(value) > limit:
        raise _bad(place or name, f"at most {limit} characters", f"не больше {limit} символов")
    return value


def _bad(name: str, wanted_en: str, wanted_ru: str) -> BadPayload:
    shown = name.encode("ascii", "replace").decode()
    return BadPayload(Text(f"Поле {shown}: ожидается {wanted_ru}", f"Field {shown}: expected {wanted_en}"), field=shown)
