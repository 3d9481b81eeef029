"""The activity that writes to the client by a registered sender of messages."""

from __future__ import annotations

from sandbox.automation import documents
from sandbox.crm.messages import Text, phone_of, send
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import Method
from sandbox.workflow.activities import activity
from sandbox.workflow.bpt import Node
from sandbox.workflow.expressions import text
from sandbox.workflow.process import Memory, Process


@activity("CrmSendSmsActivity", "CrmSmsActivity")
def send_message(process: Process, one: Node, memory: Memory) -> bool:
    """Sends `MessageText` to `PhoneNumber` (else to the card's client) through the sender `ProviderId`."""
    card = documents.item_of(process.document)
    phone = text(process.setting(one, "PhoneNumber", "")) or (phone_of(process.portal, card) if card else "")
    if not phone:
        process.note("There is no phone to write to")
        return True
    said = Text(
        code=text(process.setting(one, "ProviderId", "")),
        to=phone,
        body=text(process.setting(one, "MessageText", "")),
        cards=[card] if card else (),
        workflow=process.id,
        document=process.document,
    )
    call = Call(process.portal, "CrmSendSmsActivity", {}, process.started_by or 1, source="robot")
    try:
        process.portal.run(call, Method(call.method, lambda running: send(running, said), "", write=True, cost=0.0))
    except RestError as error:
        process.note(f"{error.code}: {error.description}")
    return True
