"""What a command prints: plain words for a person, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from b24app.errors import AppError


class Output:
    """Prints a command's result once; messages on the way go to stderr."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, document: Any, lines: Iterable[str] = ()) -> None:
        """The result: `document` as JSON, or `lines` for a person."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False, default=_plain) + "\n")
        else:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def message(self, text: str) -> None:
        """A message on the way."""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def failure(self, error: AppError) -> None:
        """A failure in words, with its JSON form when asked for."""
        if self.as_json:
            document = {"error": type(error).__name__, "ru": error.text.ru, "en": error.text.en}
            sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        self.message(error.text.ru if error.text.ru == error.text.en else f"{error.text.ru}\n{error.text.en}")


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
