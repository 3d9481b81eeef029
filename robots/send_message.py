"""The robot «Написать клиенту»: one message to the document's company by the first channel that reaches it."""

from pydantic import BaseModel, Field

from b24app.declare import Ref, Robot, RobotContext, Text, label
from facts.owner import company_of
from rules.client_messages import MessageState
from rules.decision import SendMessage
from rules.wanted_messages import PURPOSE

SENDER = "send_wanted_messages"
LONGEST_SUBJECT = 80


class Properties(BaseModel):
    """What the administrator fills in; the portal puts the values of the document's fields into the text."""

    text: str = Field(min_length=1, max_length=4000, json_schema_extra=label("Текст сообщения", "Text of the message"))
    subject: str = Field("", max_length=200, json_schema_extra=label("Тема письма", "Subject of the e-mail"))


class Returns(BaseModel):
    """What the following robots can use. `state` is `sent`, `waiting` (it goes later), `no_channel`, `unknown` (the
    channel did not answer) or `refused`."""

    state: str = Field(json_schema_extra=label("Состояние", "State"))
    channel: str = Field("", json_schema_extra=label("Канал", "Channel"))
    reason: str = Field("", json_schema_extra=label("Почему", "Why"))


def act(context: RobotContext, document: Ref, properties: Properties) -> Returns:
    """The same guards as for every message: opt-out, working hours, one automatic message a day."""
    company = Ref("company", company_of(context.reader, document))
    subject = properties.subject or properties.text.strip().splitlines()[0][:LONGEST_SUBJECT]
    about = (document,) if document != company else ()
    wanted = SendMessage(f"robot:{context.call}", company, PURPOSE, properties.text, subject, about)
    context.want(wanted, SENDER)
    context.look_again([company])
    messages = context.reader.messages([company.id]).get(company.id, ())
    found = next((one for one in messages if one.key == wanted.key), None)
    if found is None:
        return Returns(state="refused", reason=context.last_reason(company, SENDER).in_language(context.language))
    reason = "" if found.state is MessageState.SENT else found.reason.in_language(context.language)
    return Returns(state=found.state.value, channel=found.channel, reason=reason)


ROBOT = Robot(
    code="send_message",
    name=Text("Написать клиенту", "Write to the client"),
    description=Text(
        "Отправляет сообщение компании документа в открытый чат, мессенджер или письмом; возвращает канал и состояние.",
        "Sends a message to the document's company: into an open chat, a messenger or by e-mail; returns the channel "
        "and the state.",
    ),
    documents=("company", "deal", "debt"),
    properties=Properties,
    returns=Returns,
    act=act,
    needs=("company.no_auto_messages",),
)
