"""The table of methods: name -> function, scope, rights. Families fill it when they are imported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.kernel.call import Call

Function = Callable[[Call], Any]
ReadAhead = Callable[[list[Call]], None]


@dataclass(frozen=True, slots=True)
class Method:
    """A REST method. `scope` names the permission it needs, `a|b` when any of several will do, ""
    when none. `write` marks those that change data (the call log shows it); `cost` is the
    `operating` time in seconds charged for one call; `batch` is False for those refused in a batch;
    `partial` says what of the documented behaviour is missing ("" when nothing known is). `ahead` reads for
    many commands of a batch at once and puts what it finds into `Portal.ahead`."""

    name: str
    function: Function
    scope: str
    write: bool
    cost: float
    batch: bool = True
    partial: str = ""
    ahead: ReadAhead | None = None

    def allowed(self, granted: frozenset[str] | None) -> bool:
        """Whether a caller with these permissions may call it (None: everything is granted)."""
        if granted is None or not self.scope or self.scope in granted:
            return True
        return "|" in self.scope and not granted.isdisjoint(self.scope.split("|"))


METHODS: dict[str, Method] = {}
EVENTS: dict[str, str] = {}


def method(
    name: str,
    scope: str = "",
    *,
    write: bool = False,
    cost: float = 0.01,
    batch: bool = True,
    partial: str = "",
    ahead: ReadAhead | None = None,
) -> Callable[[Function], Function]:
    """Registers a function as the REST method `name` (matched in any letter case)."""

    def register(function: Function) -> Function:
        METHODS[name.lower()] = Method(name, function, scope, write, cost, batch, partial, ahead)
        return function

    return register


def events(scope: str, *codes: str) -> None:
    """Names the event codes a family sends; `event.bind` refuses all others."""
    for code in codes:
        EVENTS[code.upper()] = scope


def load_families() -> None:
    """Imports every module of `sandbox.methods`; adding a family is adding a file."""
    package = importlib.import_module("sandbox.methods")
    for info in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"sandbox.methods.{info.name}")
