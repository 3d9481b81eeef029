"""Gathers what the vendor's documentation prints about every method into `documented.json.gz`,
and the index of it for `sandbox/coverage`.

    python -m tests.sandbox_payloads.collect DOCUMENTATION METHOD_INDEX PAYLOADS

DOCUMENTATION is a checkout of github.com/bitrix24/b24restdocs (MIT licence); the other two are
the index of its methods and its example bodies, as JSON. Bodies that the third file lacks are
read from the pages themselves, and so is the request example of every method.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.sandbox_payloads.loose import Unreadable, parse

HERE = Path(__file__).parent
COVERAGE = HERE.parents[1] / "sandbox" / "coverage"
SOURCE = "github.com/bitrix24/b24restdocs, MIT licence, August 2026"
_CURL = re.compile(r"-d\s+'(.*?)'\s*\\?\s*\n?\s*[\"']?https?://\S+/([A-Za-z0-9_.]+?)(?:\.json)?[\"']?\s*(?:\n|$)", re.S)
_JS = re.compile(r"(?:callMethod|BX24\.call|rest\.callMethod)\(\s*['\"]([\w.]+)['\"]\s*,\s*(\{)", re.S)
_STATUS = re.compile(r"HTTP[ -]status:?\s*\**:?\s*(\d{3})", re.I)
# A table that says of one of its codes that it comes with another status than the samples.
_OWN_STATUS = re.compile(r"response comes with HTTP status `(\d{3})`")
_JSON = re.compile(r"```json\s*\n(.*?)```", re.S)
_UNPRINTED = ("auth", "time")


def name_of(method: str, version: int) -> str:
    """The name a method has here: those of REST 3.0 are marked, for some names exist twice."""
    return f"{method}@3" if version == 3 else method


def example(page: str, method: str) -> dict[str, Any] | None:
    """The parameters of the page's first request example that can be read."""
    for body, called in _CURL.findall(page):
        if called.lower() == method.lower():
            found = _read(body.replace("'\\''", "'"))
            if isinstance(found, dict):
                return {key: value for key, value in found.items() if key != "auth"}
    for match in _JS.finditer(page):
        if match[1].lower() == method.lower():
            found = _read(page[match.start(2) :])
            if isinstance(found, dict):
                return found
    return None


def _read(text: str) -> Any:
    try:
        return parse(text)
    except Unreadable:
        return None


def bodies(page: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The answers and the refusals printed on a page, each with its status."""
    answers, refusals = [], []
    start = max(page.find("## Response"), 0)
    for match in _JSON.finditer(page, start):
        body = _read(match[1])
        if not isinstance(body, dict) or not ({"result", "error"} & set(body)):
            continue
        statuses = _STATUS.findall(page[: match.start()])
        status = int(statuses[-1]) if statuses else (400 if "error" in body else 200)
        if "error" in body:
            refusals.append({"status": status if status >= 400 else None, "body": body})
        elif status == 200:
            answers.append({"status": 200, "body": body})
    return answers[:2], refusals


def _without_time(body: Any) -> Any:
    return {key: value for key, value in body.items() if key != "time"} if isinstance(body, dict) else body


def _statuses(*printed: Any) -> list[int]:
    """The statuses a page gives an error; none where it leaves them open (`40x`)."""
    return sorted({int(one) for one in printed if str(one).isdigit() and int(one) >= 200})


def _own_status(text: str) -> str | None:
    found = _OWN_STATUS.search(text)
    return found[1] if found else None


def _refusals(row: dict[str, Any], printed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each code of a page once, with its statuses: as the table of codes has it, and as stands
    over a body (pages print one body under several)."""
    found: dict[str, dict[str, Any]] = {}
    headed = [int(status) for status in row["error_http_statuses"]]
    statuses = [status for status in headed if status >= 400]
    # Such a page refuses within an answer: what its table leaves open may come with any of these.
    either = headed if 200 in headed else []
    tabled = {str(error["code"]): error["http"] for error in row["errors"] if error.get("http")}
    for one in printed:
        error = one["body"]["error"]
        code = error["code"] if isinstance(error, dict) else error
        text = error.get("message", "") if isinstance(error, dict) else one["body"].get("error_description", "")
        known = _statuses(tabled.get(str(code)), one["status"]) or either
        found.setdefault(str(code), {"code": code, "statuses": known, "text": text})
    for error in row["errors"]:
        if error["code"] is None or str(error["code"]) in found:
            continue
        told = _own_status(error["text"]) or error.get("http")
        known = _statuses(told) or either or (statuses if len(statuses) == 1 else [])
        found[str(error["code"])] = {"code": error["code"], "statuses": known, "text": error["text"]}
    return list(found.values())


def _method(row: dict[str, Any], page: str, given: list[dict[str, Any]]) -> dict[str, Any]:
    answers = [{"status": one["http_status"], "body": one["body"]} for one in given if one["kind"] == "response"]
    refusals = [{"status": one["http_status"], "body": one["body"]} for one in given if one["kind"] == "error"]
    own_answers, own_refusals = bodies(page)
    return {
        "page": row["page"],
        "scope": row["scope"],
        "deprecated": bool(row["deprecated"] or row["outdated_section"]),
        "example": example(page, row["method"]),
        "answers": [_without_time(one["body"]) for one in answers or own_answers],
        "refusals": _refusals(row, refusals or own_refusals),
    }


def gather(documentation: Path, index: dict[str, Any], payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything, by name."""
    given: dict[str, list[dict[str, Any]]] = {}
    for one in payloads:
        one.setdefault("http_status", "200" if one["kind"] == "response" else "400")
        given.setdefault(one["source"], []).append(one)
    methods: dict[str, Any] = {}
    for row in index["methods"]:
        name = name_of(row["method"], row["rest_version"])
        page = (documentation / row["page"]).read_text("utf-8")
        mine = [one for one in given.get(row["page"], []) if one.get("method", "").lower() == row["method"].lower()]
        methods.setdefault(name, _method(row, page, mine))
    others = [one for one in payloads if one["kind"] not in ("response", "error", "event")]
    events = {one["event"].upper(): one for one in payloads if one["kind"] == "event" and one.get("event")}
    system = [one for one in payloads if one["kind"] == "error" and "method" not in one]
    return {"source": SOURCE, "methods": methods, "events": events, "others": others, "system": system}


def _tsv(file: Path, rows: list[tuple[Any, ...]]) -> None:
    head = ("name", "version", "scope", "page", "outdated")
    lines = ["\t".join(str(cell) for cell in row) for row in [head, *sorted(set(rows))]]
    file.write_text("\n".join(lines) + "\n", "utf-8")


def write_index(index: dict[str, Any]) -> None:
    """Writes the names, permissions and pages that the report on coverage goes by."""
    rows: dict[Any, tuple[Any, ...]] = {}
    for row in index["methods"]:
        outdated = "y" if row["deprecated"] or row["outdated_section"] else ""
        found = (row["method"], row["rest_version"], ",".join(row["scope"]), row["page"], outdated)
        rows.setdefault((row["method"], row["rest_version"]), found)
    _tsv(COVERAGE / "methods.tsv", list(rows.values()))
    events: dict[str, tuple[Any, ...]] = {}
    for row in index["events"]:
        for code in row["event_codes"]:
            events.setdefault(code, (code, 2, ",".join(row["scope"]), row["page"], "y" if row["deprecated"] else ""))
    _tsv(COVERAGE / "events.tsv", list(events.values()))


def main(words: list[str]) -> None:
    """Writes the file next to this module."""
    documentation, index, payloads = (Path(word) for word in words)
    listed = json.loads(index.read_text("utf-8"))
    write_index(listed)
    gathered = gather(documentation, listed, json.loads(payloads.read_text("utf-8")))
    text = json.dumps(gathered, ensure_ascii=False, sort_keys=True)
    (HERE / "documented.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1:])
