"""What needs no declaration, because most families are alike.

`x.get`, `x.update` and `x.delete` are about a record that `x.add` has made; before `x.list` there
is one, and its filter keeps only what `links` names. `links` (in `calls/*.yaml`) say which record a
parameter names wherever it occurs in the examples of a family:

    links:
      catalog.: {iblockId: <catalog.catalog.iblockId>}
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.sandbox_payloads import documented
from tests.sandbox_payloads.declared import Change, links_of

_ABOUT_ONE = ("get", "update", "delete")
_NAMES_OF_FIELDS = ("order", "ORDER", "select", "SELECT")
_COMPARISONS = "=<>!@%"


@cache
def adding(method: str) -> str | None:
    """The method that makes what `method` is about, if the sandbox has it."""
    name, mark, version = method.partition("@")
    found = f"{name.rpartition('.')[0]}.add{mark}{version}"
    return found if found != method and found in documented.implemented() else None


def conventional(method: str, declared: Change) -> Change:
    """The changes to the documented example that follow from the conventions."""
    if "_only" in declared:
        return {}
    example = documented.methods()[method]["example"] or {}
    links, maker = links_of(method), adding(method)
    data = {key: value for key, value in example.items() if key not in _NAMES_OF_FIELDS}
    change: Change = {path: links[name] for path, name, many in _leaves(data) if _fits(links.get(name), many)}
    verb = method.partition("@")[0].rpartition(".")[2]
    if maker and verb in _ABOUT_ONE:
        change |= {name: f"<add:{maker}>" for name in ("id", "ID") if name in example}
    if maker and verb == "list" and not declared:
        change["_first"] = [{"call": maker}]
        for name in ("filter", "FILTER"):
            if isinstance(example.get(name), dict):
                change[name] = {key: links[bare(key)] for key in example[name] if bare(key) in links}
    return {path: value for path, value in change.items() if path not in declared}


def bare(key: str) -> str:
    """A filter's key without the signs of comparison."""
    return key.strip(_COMPARISONS)


def _fits(link: Any, many: bool) -> bool:
    """Whether a link says what stands at a place: a list for a list."""
    return link is not None and (not many or isinstance(link, list))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str, bool]]:
    """The path and the name of every value, and whether it is a list."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        many = isinstance(below, list)
        if isinstance(below, (dict, list)):
            yield from _leaves(below, f"{path}{key}.")
        if "." not in str(key) and not isinstance(below, dict):
            yield f"{path}{key}", bare(str(key)), many


def number_of(result: Any) -> Any:
    """The id of what was made: the result itself, its `id`, or that of the only object in it."""
    if not isinstance(result, dict):
        return result
    for name in ("id", "ID"):
        if name in result:
            return result[name]
    return number_of(next(iter(result.values())))
