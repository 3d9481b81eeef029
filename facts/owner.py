"""Which company a document of a robot is about."""

from __future__ import annotations

from b24app.declare import Reader, Ref
from b24app.errors import ItemGone, Terminal
from rules.wording import sentence


def company_of(reader: Reader, document: Ref) -> int:
    """The id of the company itself, or of the one that a deal or a record names.

    ItemGone when the document does not exist any more, Terminal when it names no company.
    """
    row = reader.by_ids(document.entity, [document.id]).get(document.id)
    if row is None:
        text = sentence("Не найдено: {ref}. Объект удалён.", "Not found: {ref}. It was removed.", ref=document)
        raise ItemGone(text, entity=document.entity, id=document.id)
    if document.entity == "company":
        return document.id
    company_id: int | None = row.get("company_id")
    if not company_id:
        text = sentence("Не указана компания: {ref}.", "No company: {ref}.", ref=document)
        raise Terminal(text, entity=document.entity, id=document.id)
    return company_id
