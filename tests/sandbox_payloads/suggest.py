"""Prints what the replay finds, and proposes how to provoke errors that no declaration provokes.

    python -m tests.sandbox_payloads.suggest [METHOD_PREFIX ...] [--refusals]

Without `--refusals`: one line per difference of the answers. With it: lines for the `refusals` of
`calls/*.yaml`, found by trying the usual ways to be refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from sandbox.coverage import vendor
from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_payloads import declared, documented
from tests.sandbox_payloads.declared import Change
from tests.sandbox_payloads.stage import STRANGER, Stage, answer_differences

NOWHERE = 999999
_WRONG: tuple[Any, ...] = (NOWHERE, "", "wrong", -1, [], "Y", 0)


def answers(stage: Stage, method: str) -> Iterator[str]:
    """What differs in a method's answer."""
    stage.clear()
    found, known = answer_differences(stage, method), vendor.differences("answers").get(method, {})
    yield from (f"{path}: {what[:400]}" for path, what in found.items() if path not in known)
    yield from (f"{path}: no longer differs" for path in known if path not in found)


def ways(method: str, params: Any) -> Iterator[Change]:
    """The usual ways to be refused: another caller, a parameter left out, a wrong one, the same
    thing twice, a list asked for by a field that does not exist."""
    places = list(_places(params))
    yield from ({"_as": who} for who in (f"app:{STRANGER}", "webhook", f"webhook:{STRANGER}", "nobody"))
    yield {"_only": {}}
    yield from ({"_drop": [place]} for place in places)
    yield from ({place: wrong} for wrong in _WRONG for place in places)
    yield {"_first": [{"call": method}]}
    yield from ({place: kind} for place in places if place.endswith("ntityTypeId") for kind in (1, 3, 31))
    yield from ({place: "x" * 300} for place in places)
    yield from ({name: {"no_such_field": 1}} for name in ("filter", "order"))
    yield from ({name: "wrong"} for name in ("filter", "order", "select", "fields"))
    yield from ({place: "ftp://example.com/"} for place in places if "andler" in place.lower())


def _places(params: Any, path: str = "") -> Iterator[str]:
    if isinstance(params, dict):
        for key, below in params.items():
            yield f"{path}{key}"
            yield from _places(below, f"{path}{key}.")


def refusals(stage: Stage, method: str) -> Iterator[str]:
    """A way to provoke each error that is documented and not declared."""
    wanted = {str(one["code"]): one for one in documented.methods()[method]["refusals"]}
    for code in set(declared.refusals_of(method)) | set(vendor.differences("refusals").get(method, {})):
        wanted.pop(code, None)
    base = declared.call_of(method)
    if not wanted:
        return
    stage.clear()
    found: dict[str, tuple[float, Change]] = {}
    for way in ways(method, stage.parameters(method, base)):
        stage.clear()
        try:
            answer = stage.play(method, base, way)
        except (AssertionError, LookupError, TypeError, ValueError):
            continue
        if answer.status >= 500:
            yield f"    # {answer.status} on {json.dumps(way, ensure_ascii=False)}"
        one = wanted.get(str(answer.code))
        if one is None:
            continue
        one.setdefault("seen", answer.status)
        if answer.status in (one["statuses"] or range(400, 600)):
            told = str(answer.body.get("error_description", answer.body["error"]))
            likeness = SequenceMatcher(None, told.lower(), one["text"].lower()).ratio()
            if likeness > found.get(str(answer.code), (-1.0, {}))[0]:
                found[str(answer.code)] = (likeness, way)
    yield from (f"    {json.dumps(code)}: {json.dumps(way, ensure_ascii=False)}" for code, (_, way) in found.items())
    for code in wanted.keys() - found.keys():
        seen = f" SEEN {wanted[code]['seen']}" if "seen" in wanted[code] else ""
        yield f"    # {code!r} {wanted[code]['statuses']}{seen}: {wanted[code]['text']}"


def main(words: list[str]) -> None:
    """Prints the lines for all methods, or those of the prefixes."""
    prefixes = tuple(word for word in words if not word.startswith("--"))
    look = refusals if "--refusals" in words else answers
    with Receiver() as receiver, Sandbox("--rate", "off", "--operating", "off", fixture="F0") as sandbox:
        stage = Stage(sandbox, receiver).prepare()
        for method in documented.implemented():
            if not method.startswith(prefixes or ""):
                continue
            try:
                lines = list(look(stage, method))
            except (AssertionError, LookupError, TypeError, ValueError) as error:
                lines = [f"    # not called: {str(error)[:200]}"]
            if lines:
                print(f"  {method}:", *lines, sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
