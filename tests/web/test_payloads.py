"""Bodies of the vendor's pages parse into what they say, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24app.errors import BadPayload, Forged
from b24app.payloads import (
    MAX_BYTES,
    AppEvent,
    Auth,
    CrmEvent,
    Install,
    PlacementOpen,
    RobotCall,
    SenderCall,
    decode_form,
    parse_event,
    parse_install,
    parse_placement,
    parse_robot,
    parse_sender,
    verify,
)

EXAMPLES = json.loads((Path(__file__).parent / "data" / "payloads.json").read_text("utf-8"))
BY_NAME = {example["name"]: example for example in EXAMPLES}


def of_kind(kind: str) -> list[str]:
    return [example["name"] for example in EXAMPLES if example["kind"] == kind]


def body(name: str) -> bytes:
    return urlencode(BY_NAME[name]["form"]).encode()


def query(name: str) -> bytes:
    return urlencode(BY_NAME[name].get("query", {})).encode()


@pytest.mark.parametrize("name", of_kind("event"))
def test_every_event_parses(name: str) -> None:
    form = BY_NAME[name]["form"]
    event = parse_event(body(name))
    assert event.auth.member_id == form.get("auth[member_id]", "")
    assert event.auth.application_token == form.get("auth[application_token]", "")
    if isinstance(event, CrmEvent):
        assert event.event == form["event"].upper()
        kept = json.dumps(event.body())
        tokens = [value for key, value in form.items() if key.endswith("_token]")]
        assert not [token for token in tokens if token in kept]


@pytest.mark.parametrize("name", of_kind("robot"))
def test_every_robot_call_parses(name: str) -> None:
    form = BY_NAME[name]["form"]
    if "messageservice" in name:
        sent = parse_sender(body(name))
        assert isinstance(sent, SenderCall)
        assert (sent.to, sent.message_id) == (form["message_to"], form["message_id"])
        return
    call = parse_robot(body(name))
    assert isinstance(call, RobotCall)
    assert call.document[2] == form["document_id[2]"]
    assert call.waits == (form["use_subscription"] == "Y")
    assert len(call.token_hash) == 64
    assert form["event_token"] not in repr(call)


@pytest.mark.parametrize("name", of_kind("install"))
def test_every_installation_parses(name: str) -> None:
    install = parse_install(query(name), body(name))
    assert isinstance(install, (Install, AppEvent))
    assert install.auth.member_id
    if isinstance(install, Install):
        assert install.auth.access_token and install.auth.refresh_token
        assert (install.page is None) == ("auth[access_token]" in BY_NAME[name]["form"])


@pytest.mark.parametrize("name", of_kind("placement"))
def test_every_placement_parses(name: str) -> None:
    form = BY_NAME[name]["form"]
    page = parse_placement(query(name), body(name))
    assert isinstance(page, PlacementOpen)
    assert page.placement == form.get("PLACEMENT", "")
    assert page.options == json.loads(form.get("PLACEMENT_OPTIONS", "{}"))


def test_a_company_tab_says_which_company() -> None:
    form = {"PLACEMENT": "CRM_COMPANY_DETAIL_TAB", "PLACEMENT_OPTIONS": '{"ID":"100"}', "AUTH_ID": "a"}
    page = parse_placement(b"DOMAIN=p.bitrix24.ru&PROTOCOL=1&LANG=ru&APP_SID=s", urlencode(form).encode())
    assert (page.options, page.domain, page.secure, page.language) == ({"ID": "100"}, "p.bitrix24.ru", True, "ru")
    assert page.auth.access_token == "a"


@pytest.mark.parametrize(
    ("name", "entity_type_id"),
    [
        ("event:ONCRMDEALADD", 2),
        ("event:ONCRMDYNAMICITEMUPDATE:smart-invoice", 31),
        ("event:ONCRMACTIVITYADD", 6),
        ("event:ONCRMDEALRECURRINGADD", None),
        ("event:ONTASKADD", None),
    ],
)
def test_the_changed_object(name: str, entity_type_id: int | None) -> None:
    event = parse_event(body(name))
    item_id = next(value for key, value in BY_NAME[name]["form"].items() if key.endswith("[ID]"))
    assert isinstance(event, CrmEvent)
    assert (event.entity_type_id, event.item_id) == (entity_type_id, int(item_id))


def test_an_identifier_that_is_no_number_is_none() -> None:
    event = parse_event(body("event:ONCRMCURRENCYADD"))
    assert isinstance(event, CrmEvent) and event.item_id is None


def test_type_number_in_the_event_name_serves_when_the_field_is_missing() -> None:
    event = parse_event(b"event=ONCRMDYNAMICITEMADD_147&data[FIELDS][ID]=5")
    assert isinstance(event, CrmEvent) and (event.entity_type_id, event.item_id) == (147, 5)


@pytest.mark.parametrize(
    "form",
    [
        b"event=ONCRMDYNAMICITEMADD_9999999999&data[FIELDS][ID]=5",
        b"event=ONCRMDYNAMICITEMADD&data[FIELDS][ID]=5&data[FIELDS][ENTITY_TYPE_ID]=2147483648",
        b"event=ONCRMDEALADD&data[FIELDS][ID]=9007199254740992",
        b"event=ONCRMDEALADD&data[FIELDS][ID]=" + b"9" * 30,
        b"event=ONCRMDEALADD" + "ß".encode() * 30,
    ],
)
def test_what_the_database_cannot_keep_is_bad_input(form: bytes) -> None:
    with pytest.raises(BadPayload):
        parse_event(form)


def test_the_largest_numbers_that_fit() -> None:
    form = b"event=ONCRMDYNAMICITEMADD&data[FIELDS][ID]=9007199254740991&data[FIELDS][ENTITY_TYPE_ID]=2147483647"
    event = parse_event(form)
    assert isinstance(event, CrmEvent) and (event.entity_type_id, event.item_id) == (2**31 - 1, 2**53 - 1)


def test_mixed_case_event_codes_are_the_same_event() -> None:
    event = parse_event(b"event=onCrmActivityAdd&data[FIELDS][ID]=5")
    assert isinstance(event, CrmEvent) and (event.event, event.entity_type_id) == ("ONCRMACTIVITYADD", 6)


def test_uninstall_tells_whether_to_clean() -> None:
    event = parse_event(body("event:ONAPPUNINSTALL"))
    assert isinstance(event, AppEvent) and (event.kind, event.clean) == ("uninstall", True)
    kept = parse_event(b"event=ONAPPUNINSTALL&data[CLEAN]=0&data[LANGUAGE_ID]=ru")
    assert isinstance(kept, AppEvent) and not kept.clean


def test_php_keys() -> None:
    assert decode_form(b"a[b][0]=x&a[b][1]=y&c[]=1&c[]=2&d=&e[5]=z") == {
        "a": {"b": ["x", "y"]},
        "c": ["1", "2"],
        "d": "",
        "e": {"5": "z"},
    }


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (b"\xff\xfe\x00", "body"),
        (b"event=%FF%FE", "body"),
        (b"&".join(b"k%d=1" % n for n in range(1500)), "body"),
        (b"x=" + b"1" * MAX_BYTES, "body"),
        (b"a" + b"[b]" * 40 + b"=1", "a"),
        (b"data[FIELDS][ID]=1", "event"),
        (b"event=" + b"X" * 65, "event"),
        (b"event[0]=ONCRMDEALADD", "event"),
        (b"event=ONCRMDEALADD&auth=1", "auth"),
        (b"event=ONCRMDEALADD&auth[member_id][x]=1", "auth[member_id]"),
        (b"event=a%00b", "body"),
    ],
)
def test_what_is_not_an_event_is_refused_by_field(form: bytes, field: str) -> None:
    with pytest.raises(BadPayload) as refusal:
        parse_event(form)
    assert refusal.value.context["field"].startswith(field)
    assert refusal.value.text.ru and refusal.value.text.en


@pytest.mark.parametrize("missing", ["code", "event_token", "document_id"])
def test_a_robot_call_without_an_essential_field(missing: str) -> None:
    form = {key: value for key, value in BY_NAME["robot:deal"]["form"].items() if not key.startswith(missing)}
    with pytest.raises(BadPayload) as refusal:
        parse_robot(urlencode(form).encode())
    assert refusal.value.context["field"] == missing


def test_an_installation_without_tokens_names_the_token() -> None:
    with pytest.raises(BadPayload) as refusal:
        parse_install(b"DOMAIN=x", b"member_id=m&AUTH_ID=a")
    assert refusal.value.context["field"] == "REFRESH_ID"


def test_only_the_portals_own_token_passes() -> None:
    auth = Auth(member_id="m", application_token="t")
    verify(auth, "m", "t")
    for member_id, token in (("m", "other"), ("other", "t"), ("m", ""), ("", "t"), ("m", "тест")):
        with pytest.raises(Forged):
            verify(auth, member_id, token)
    with pytest.raises(Forged):
        verify(Auth(), "", "")


def test_tokens_stay_out_of_repr() -> None:
    shown = repr(parse_install(query("install:app-open:DEFAULT"), body("install:app-open:DEFAULT")))
    form = BY_NAME["install:app-open:DEFAULT"]["form"]
    assert not [form[name] for name in ("AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN") if form[name] in shown]


PARSERS = (parse_event, parse_robot, parse_sender, lambda body: parse_placement(body, body))
FORMS = st.one_of(
    st.binary(max_size=300),
    st.dictionaries(
        st.from_regex(
            r"(event|auth|data|code|properties|document_id|PLACEMENT_OPTIONS)(\[[\w]*\]){0,4}", fullmatch=True
        )
        | st.text(max_size=20),
        st.text(max_size=40),
        max_size=12,
    ).map(lambda form: urlencode(form, errors="replace").encode()),
)


@given(FORMS)
def test_any_bytes_give_a_value_or_a_named_refusal(form: bytes) -> None:
    for parser in (*PARSERS, lambda body: parse_install(b"", body)):
        try:
            parser(form)
        except BadPayload as refusal:
            assert refusal.context["field"] or refusal.text.en
