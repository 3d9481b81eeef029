"""Reads JSON as people write it in documentation: comments, bare keys, single quotes, trailing commas."""

from __future__ import annotations

import re
from typing import Any

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|\.\.\.[^\n\"\]}]*|…)+", re.S)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_STRING = {quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.S) for quote in "\"'`"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None, "True": True, "False": False, "None": None}


class Unreadable(ValueError):
    """The text is code or prose, not data."""


def parse(text: str) -> Any:
    """The first value of a text; what follows it is ignored. Raises Unreadable."""
    return _Reader(text).value()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def value(self) -> Any:
        start = self._peek()
        if start == "{":
            return self._object()
        if start == "[":
            return self._array()
        if start in _STRING:
            return self._string(start)
        if match := _NUMBER.match(self.text, self.at):
            self.at = match.end()
            return float(match[0]) if set(match[0]) & set(".eE") else int(match[0])
        match = _WORD.match(self.text, self.at)
        if match and match[0] in _WORDS:
            self.at = match.end()
            return _WORDS[match[0]]
        raise Unreadable(self.text[self.at : self.at + 40])

    def _peek(self) -> str:
        if match := _SPACE.match(self.text, self.at):
            self.at = match.end()
        return self.text[self.at : self.at + 1]

    def _take(self, expected: str) -> None:
        if self._peek() != expected:
            raise Unreadable(f"{expected} expected at {self.text[self.at : self.at + 40]}")
        self.at += 1

    def _string(self, quote: str) -> str:
        match = _STRING[quote].match(self.text, self.at)
        if match is None or (quote == "`" and "${" in match[0]):
            raise Unreadable(self.text[self.at : self.at + 40])
        self.at = match.end()
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), match[1])
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.S)

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._take("{")
        while self._peek() != "}":
            key = self._key()
            self._take(":")
            found[key] = self.value()
            if self._peek() == ",":
                self.at += 1
        self.at += 1
        return found

    def _key(self) -> str:
        start = self._peek()
        if start in _STRING:
            return self._string(start)
        match = _WORD.match(self.text, self.at) or _NUMBER.match(self.text, self.at)
        if match is None:
            raise Unreadable(self.text[self.at : self.at + 40])
        self.at = match.end()
        return match[0]

    def _array(self) -> list[Any]:
        found: list[Any] = []
        self._take("[")
        while self._peek() != "]":
            found.append(self.value())
            if self._peek() == ",":
                self.at += 1
        self.at += 1
        return found
