"""Answers as XML, for methods called as `method.xml` (settings/how-to-call-rest-api/general-principles.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from sandbox.server.answer import Answer, Reply

_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z")


def wanted(path: str) -> bool:
    """Whether a path asks for XML."""
    return path.lower().endswith(".xml")


def as_xml(answer: Answer) -> Answer:
    """The same answer in XML; one that is not JSON (an injected fault) stays as it is."""
    if not isinstance(answer, Reply):
        return answer
    text = '<?xml version="1.0" ?>\n' + "".join(_element("response", json.loads(answer.body)))
    return Reply(text.encode(), answer.status, content_type="text/xml; charset=utf-8")


def _element(name: str, value: Any) -> Iterator[str]:
    """A map's keys are elements; the elements of a list, and keys that are no XML names, are `item`."""
    tag = name if _NAME.match(name) else "item"
    yield f"<{tag}>"
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _element(str(key), child)
    elif isinstance(value, list):
        for child in value:
            yield from _element("item", child)
    elif isinstance(value, bool):
        yield "1" if value else "0"
    elif value is not None:
        yield escape(str(value))
    yield f"</{tag}>"
