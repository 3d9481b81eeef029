"""What the clients of the business received, by whatever channel it left."""

from __future__ import annotations

from typing import Literal

from sandbox.kernel.call import Call

Channel = Literal["openline", "email", "whatsapp", "sms"]


def deliver(call: Call, channel: Channel, to: str, text: str) -> None:
    """Records a message that a method has sent to a client."""
    row = {"at": call.portal.clock.iso(), "channel": channel, "to": to, "text": text, "method": call.method}
    call.portal.store.insert("outbox", row)
