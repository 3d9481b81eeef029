"""Writes `docs/settings.md`: every setting a portal's administrator can change, from the presets themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from config.limit import Limit
from config.preset import Preset, known_presets, load_preset

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

_HEAD = """\
# Settings of a portal · Настройки портала

Made from `config/presets/*.toml` by `python -m config.settings_page`; change the presets, not this page.

Every setting has a default from the preset. A portal's own value is set with
`b24app settings set KEY VALUE`; it applies from the next decision on. The key `tz` (`Europe/Samara`) says by whose
midnight a day begins; unless it is set, the profile of the administrator who installed the app does.

У каждой настройки есть значение по умолчанию из набора. Своё значение портала задаётся командой
`b24app settings set КЛЮЧ ЗНАЧЕНИЕ` и действует со следующего решения. Ключ `tz` (`Europe/Samara`) задаёт пояс, в
полночь которого начинаются сутки; пока он не задан, пояс берётся из профиля администратора, установившего приложение.
"""
_ROLES = """\
A role is a person the app turns to. `b24app settings set role.NAME USER_ID` names one; otherwise the role
is found by the departments of the portal.

Роль: сотрудник, к которому обращается приложение. `b24app settings set role.ИМЯ ID` назначает его явно,
иначе он находится по отделам портала.
"""


def settings_page(presets: Iterable[Preset]) -> str:
    """The whole page as Markdown."""
    return "\n".join([_HEAD, *(line for preset in presets for line in _preset(preset))])


def _preset(preset: Preset) -> Iterator[str]:
    yield f"## {preset.title.ru} · {preset.title.en} (`{preset.code}`)\n"
    yield "| Key | Что это | What it is | Default | Unit | Source |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for key, limit in preset.settings().items():
        unit = f"{limit.unit.ru} · {limit.unit.en}"
        yield f"| `{key}` | {limit.title.ru} | {limit.title.en} | `{_spoken(limit)}` | {unit} | {limit.source} |"
    yield f"\n{_ROLES}"
    yield "| Role | Кто это | Who it is | Found by |"
    yield "| --- | --- | --- | --- |"
    for name, role in preset.roles.items():
        where = f" «{role.department.ru}» · “{role.department.en}”" if role.department else ""
        yield f"| `role.{name}` | {role.title.ru} | {role.title.en} | `{role.resolve}`{where} |"
    yield ""


def _spoken(limit: Limit) -> str:
    if limit.type == "flag":
        return "on" if limit.value else "off"
    # A cell of the table is one line without bars.
    return str(limit.value).replace("\n", " ⏎ ").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(settings_page([load_preset(code) for code in known_presets()]), "utf-8")
