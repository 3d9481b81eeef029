"""What people do in the portal's own pages and on the phone, for tests and demos: a part of the control side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.crm import messages
from sandbox.kernel.apps import all_apps
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Happening, Portal
from sandbox.kernel.registry import Method
from sandbox.methods import activity_configurable
from sandbox.telephony import calls, clients, lines

Body = dict[str, Any]


class Gestures:
    """The gestures of one portal; each is done whole or not at all, by the employee `as`."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def posts(self) -> dict[str, Callable[[Body], Awaitable[Any]]]:
        """The gestures by the names of their endpoints."""
        known = (self.send_message, self.press, self.phone_call, self.click_to_call, self.order_callback)
        return {function.__name__: self._endpoint(function) for function in known}

    def _endpoint(self, function: Callable[[Call, Body], Any]) -> Callable[[Body], Awaitable[Any]]:
        async def endpoint(body: Body) -> Any:
            by_robot = body.get("as") == "robot" or bool(body.get("document"))
            user = 1 if body.get("as") == "robot" else int(body.get("as", 1))
            call = Call(self._portal, function.__name__, {}, user, source="robot" if by_robot else "act")
            return self._portal.run(call, Method(call.method, lambda c: function(c, body), "", write=True, cost=0.0))

        return endpoint

    def send_message(self, call: Call, body: Body) -> Body:
        """An employee writes to a client from a card, or a robot does (`document`).

        `{"code", "to", "text", "bindings": [{"OWNER_TYPE_ID", "OWNER_ID"}], "document", "workflow_id",
        "channel": "sms"|"whatsapp"}`; returns `{"message_id"}`.
        """
        cards = [(int(b["OWNER_TYPE_ID"]), int(b["OWNER_ID"])) for b in body.get("bindings") or []]
        document = [str(part) for part in body.get("document") or []]
        text = messages.Text(
            code=str(body["code"]),
            to=str(body.get("to") or (messages.phone_of(call.portal, cards[0]) if cards else "")),
            body=str(body["text"]),
            cards=cards,
            workflow=str(body.get("workflow_id") or ""),
            document=document,
            channel="whatsapp" if body.get("channel") == "whatsapp" else "sms",
        )
        return {"message_id": messages.send(call, text)}

    def press(self, call: Call, body: Body) -> Body:
        """An employee clicks a `restEvent` of a configurable activity: `{"activityId", "action"}`."""
        activity_configurable.press(call.portal, int(body["activityId"]), str(body["action"]), call.user)
        return {"action": str(body["action"])}

    def phone_call(self, call: Call, body: Body) -> Body:
        """A call of the portal's own telephony, from its beginning to its end.

        `{"phone", "type": 1|2, "line", "duration", "code", "create": bool}`; a call of 0 seconds was
        not answered. Returns `{"CALL_ID", "ID", "CRM_ACTIVITY_ID"}`.
        """
        known = lines.outgoing(call.portal.store)
        line = str(body.get("line") or next(iter(known), "reg150907"))
        duration = int(body.get("duration", 30))
        plan = calls.Plan(
            phone=calls.number_of(body["phone"]),
            type=int(body.get("type") or calls.INCOMING),
            user=call.user,
            start=int(call.portal.clock.timestamp()),
            line=line,
            create_client=bool(body.get("create")),
        )
        row = calls.begin(call, plan)
        calls.announce(call, row, answered=duration > 0)
        code = str(body.get("code") or (calls.ANSWERED if duration else calls.MISSED))
        done = calls.finish(call, row, calls.Ending(call.user, duration, code), None)
        return {"CALL_ID": row["callId"], "ID": done["id"], "CRM_ACTIVITY_ID": done["activityId"]}

    def click_to_call(self, call: Call, body: Body) -> Body:
        """An employee clicks a phone in a card; the telephony application `app` is to make the call.

        `{"phone", "app", "line", "crm": {"type": "CONTACT", "id": 797}, "call_list", "mobile"}`;
        returns `{"CALL_ID"}` (on-external-call-start.md).
        """
        app, crm = self._application(body), body.get("crm") or {}
        phone = calls.number_of(body["phone"])
        client = clients.named(call.portal.store, crm.get("type"), crm.get("id"))
        start, line = int(call.portal.clock.timestamp()), str(body.get("line") or "")
        plan = calls.Plan(phone, calls.OUTGOING, call.user, start, line or None, app, client=client)
        row = calls.begin(call, plan)
        data = {
            "PHONE_NUMBER": phone,
            "PHONE_NUMBER_INTERNATIONAL": phone if phone.startswith("+") else f"+{phone}",
            "EXTENSION": str(body.get("extension") or ""),
            "USER_ID": call.user,
            "CALL_LIST_ID": int(body.get("call_list") or 0),
            "LINE_NUMBER": line,
            "IS_MOBILE": int(bool(body.get("mobile"))),
            "CALL_ID": row["callId"],
            "CRM_ENTITY_TYPE": row["crmType"] or "",
            "CRM_ENTITY_ID": row["crmId"] or "",
        }
        call.portal.happen(Happening("ONEXTERNALCALLSTART", data, call.user, app=app))
        return {"CALL_ID": row["callId"]}

    def order_callback(self, call: Call, body: Body) -> Body:
        """A visitor of the site orders a call back in a CRM form; the application `app` is to connect them.

        `{"phone", "app", "line", "text"}`; the visitor becomes a client (on-external-call-back-start.md).
        """
        app, phone = self._application(body), calls.number_of(body["phone"])
        store = call.portal.store
        client = clients.by_phone(store, phone)
        client = client or clients.create(call, phone, call.user, "CALLBACK", incoming=True)[0]
        data = {
            "PHONE_NUMBER": phone,
            "TEXT": str(body.get("text") or "Заказан обратный звонок с сайта, соединяю с клиентом"),
            "VOICE": "ruinternalfemale",
            "CRM_ENTITY_TYPE": client.type,
            "CRM_ENTITY_ID": client.id,
            "LINE_NUMBER": str(body.get("line") or ""),
        }
        call.portal.happen(Happening("ONEXTERNALCALLBACKSTART", data, call.user, app=app))
        return {"CRM_ENTITY_TYPE": client.type, "CRM_ENTITY_ID": client.id}

    def _application(self, body: Body) -> str:
        """The application that was named, else the only one there is."""
        apps = [app.client_id for app in all_apps(self._portal)]
        named = str(body.get("app") or (apps[0] if len(apps) == 1 else ""))
        if named not in apps:
            raise RestError("NO_APP", "Name the telephony application in `app`", 404)
        return named
