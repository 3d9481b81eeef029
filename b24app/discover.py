"""Finds the declarations of `handlers/`, `robots/`, `triggers/`, `reports/` and `sync/`; a bad file stops the start."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType

from b24app.declare import Handler, Report, Robot, Sweep, Trigger
from b24app.errors import PresetError
from config.part import nearest
from config.preset import Preset

PACKAGES = ("handlers", "robots", "triggers", "reports", "sync")
Declaration = Handler | Robot | Sweep | Trigger | Report
_TRIGGER_CODE = re.compile(r"[a-z0-9._-]+")
"""api-reference/crm/automation/triggers/crm-automation-trigger-add.md"""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every declaration by its name (robots and triggers by code); handlers stand in the order they run."""

    handlers: Mapping[str, Handler]
    sweeps: Mapping[str, Sweep]
    robots: Mapping[str, Robot]
    triggers: Mapping[str, Trigger]
    reports: Mapping[str, Report] = field(default_factory=dict)


def discover(packages: Iterable[str] = PACKAGES) -> Catalogue:
    """Imports every module of the packages and collects what it declares.

    PresetError names the file and what to change: a module that cannot be imported, one without a
    declaration, a name declared twice, a sweep over a handler that does not exist.
    """
    found: dict[str, tuple[Declaration, Path]] = {}
    for package in packages:
        for path, declaration in _declarations(package):
            name = _name(declaration)
            if name in found:
                raise PresetError(f'{path}: the name "{name}" is already declared in {found[name][1]}; choose another')
            found[name] = declaration, path
    catalogue = _catalogue([declaration for declaration, _ in found.values()])
    for sweep in catalogue.sweeps.values():
        for handler in sweep.handlers:
            if handler not in catalogue.handlers:
                raise PresetError(f"{found[sweep.name][1]}: {_unknown('handler', handler, catalogue.handlers)}")
    return catalogue


def enabled(catalogue: Catalogue, preset: Preset) -> Catalogue:
    """The declarations that a preset switches on, and the reports that find what they need in it.

    PresetError when it lists a behaviour or robot that is declared nowhere, or one that needs a
    logical name the preset does not define.
    """
    known: dict[str, Declaration] = {**catalogue.handlers, **catalogue.sweeps}
    chosen: list[Declaration] = []
    for name in preset.behaviours:
        chosen.append(_listed(name, known, f"{preset.code}: behaviours"))
    for code in preset.robots:
        chosen.append(_listed(code, catalogue.robots, f"{preset.code}: robots"))
    for code in preset.triggers:
        chosen.append(_listed(code, catalogue.triggers, f"{preset.code}: triggers"))
    names = preset.names()
    chosen += (report for report in catalogue.reports.values() if names.issuperset(report.needs))
    for declaration in chosen:
        _check_needs(declaration, preset)
    return _catalogue(chosen)


def _listed(name: str, known: Mapping[str, Declaration], place: str) -> Declaration:
    if name not in known:
        raise PresetError(f"{place}: {_unknown('declaration', name, known)}")
    return known[name]


def _check_needs(declaration: Declaration, preset: Preset) -> None:
    place = f"{preset.code}: {_name(declaration)}"
    if isinstance(declaration, Sweep):
        for handler in declaration.handlers:
            if handler not in preset.behaviours:
                raise PresetError(f'{place} sweeps over "{handler}", which behaviours do not list')
        return
    if isinstance(declaration, Trigger):
        return
    names = preset.names()
    for need in declaration.needs:
        if need not in names:
            raise PresetError(f'{place} needs the name "{need}", which the preset lacks{_hint(need, names)}')


def _declarations(package: str) -> Iterator[tuple[Path, Declaration]]:
    folder = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        path = Path(package) / f"{info.name}.py"
        module = _imported(f"{package}.{info.name}", path)
        declared = [thing for thing in vars(module).values() if isinstance(thing, Declaration)]
        if not declared:
            raise PresetError(f"{path}: declares nothing; add a module-level Handler, Robot, Trigger, Report or Sweep")
        for declaration in declared:
            _check_shape(declaration, path)
            yield path, declaration


def _imported(module: str, path: Path) -> ModuleType:
    try:
        return importlib.import_module(module)
    except Exception as error:  # whatever a bad file raises, its author has to hear of it
        raise PresetError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error


def _check_shape(declaration: Declaration, path: Path) -> None:
    if isinstance(declaration, Sweep):
        if (declaration.at is None) == (declaration.every_minutes is None):
            raise PresetError(f'{path}: the sweep "{declaration.name}" needs either `at` or `every_minutes`')
        return
    if isinstance(declaration, Report):
        if not declaration.columns:
            raise PresetError(f'{path}: the report "{declaration.name}" names no columns')
        return
    if isinstance(declaration, Trigger):
        if not _TRIGGER_CODE.fullmatch(declaration.code):
            raise PresetError(f'{path}: a trigger\'s code is written like "debt_paid", not "{declaration.code}"')
        return
    if isinstance(declaration, Robot):
        if not declaration.documents:
            raise PresetError(f'{path}: the robot "{declaration.code}" names no documents')
        return
    if declaration.version < 1:
        raise PresetError(f'{path}: the version of "{declaration.name}" begins with 1')


def _catalogue(declarations: Iterable[Declaration]) -> Catalogue:
    chosen = list(declarations)
    handlers = sorted((one for one in chosen if isinstance(one, Handler)), key=lambda one: (one.order, one.name))
    return Catalogue(
        MappingProxyType({one.name: one for one in handlers}),
        MappingProxyType({one.name: one for one in chosen if isinstance(one, Sweep)}),
        MappingProxyType({one.code: one for one in chosen if isinstance(one, Robot)}),
        MappingProxyType({one.code: one for one in chosen if isinstance(one, Trigger)}),
        MappingProxyType({one.name: one for one in chosen if isinstance(one, Report)}),
    )


def _name(declaration: Declaration) -> str:
    return declaration.code if isinstance(declaration, Robot | Trigger) else declaration.name


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f'unknown {what} "{name}"{_hint(name, known)}'


def _hint(word: str, known: Iterable[str]) -> str:
    near = nearest(word, known)
    return f'; did you mean "{near}"?' if near else ""
