"""Declarations are found by their place; a bad file stops the start with its path and the remedy."""

import sys
from pathlib import Path

import pytest

from b24app.discover import discover, enabled
from b24app.errors import PresetError
from config.preset import load_preset

HANDLER = """
from b24app.declare import Handler, Text, Watch
from rules.decision import Decision

HANDLER = Handler(
    name="{name}", version=1, title=Text("а", "a"), subject="company", watches=(Watch("company"),),
    needs=({needs}), facts=lambda reader, ids: {{}}, decide=lambda facts, limits, now: Decision("none", Text("а", "a")),
    order={order},
)
"""
SWEEP = """
from b24app.declare import Sweep, Text

SWEEP = Sweep(name="nightly", title=Text("а", "a"), handlers=("{handler}",), at="02:00")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """Writes a package of declarations and gives its name."""
    name = f"declared_{abs(hash(request.node.nodeid))}"
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**files: str) -> str:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        for stem, text in files.items():
            (tmp_path / name / f"{stem}.py").write_text(text, "utf-8")
        return name

    yield write
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def handler(name: str, needs: str = "", order: int = 100) -> str:
    return HANDLER.format(name=name, needs=needs, order=order)


def test_the_products_own_declarations_are_found():
    discover()


def test_handlers_stand_in_their_order(package):
    catalogue = discover([package(first=handler("later", order=200), second=handler("sooner", order=10))])
    assert list(catalogue.handlers) == ["sooner", "later"]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("import nothing_like_this", "cannot be imported"),
        ("x = 1 +", "SyntaxError"),
        ("x = 1", "declares nothing"),
    ],
)
def test_a_bad_file_is_named_with_the_remedy(package, text: str, remedy: str):
    name = package(broken=text)
    with pytest.raises(PresetError) as refusal:
        discover([name])
    assert f"{name}/broken.py" in str(refusal.value)
    assert remedy in str(refusal.value)


def test_a_name_declared_twice_is_refused_with_both_files(package):
    with pytest.raises(PresetError, match=r"two\.py.+\"same\".+one\.py"):
        discover([package(one=handler("same"), two=handler("same"))])


def test_a_sweep_over_an_unknown_handler_is_refused_with_the_nearest(package):
    with pytest.raises(PresetError, match='did you mean "company_type"'):
        discover([package(one=handler("company_type"), two=SWEEP.format(handler="company_types"))])


def chosen(**changes: tuple[str, ...]):
    return load_preset("food_distribution").model_copy(
        update={"behaviours": (), "robots": (), "triggers": (), **changes}
    )


def test_only_what_the_preset_lists_is_on(package):
    catalogue = discover([package(one=handler("one"), two=handler("two"))])
    assert list(enabled(catalogue, chosen(behaviours=("two",))).handlers) == ["two"]


def test_a_behaviour_nobody_declares_is_refused(package):
    catalogue = discover([package(one=handler("company_type"))])
    with pytest.raises(PresetError, match=r'food_distribution: behaviours.+did you mean "company_type"'):
        enabled(catalogue, chosen(behaviours=("company_typ",)))


def test_a_behaviour_that_needs_a_missing_name_is_refused_with_the_nearest(package):
    catalogue = discover([package(one=handler("one", needs='"debt.duedate",'))])
    with pytest.raises(PresetError, match=r'needs the name "debt\.duedate".+"debt\.due_date"'):
        enabled(catalogue, chosen(behaviours=("one",)))


def test_a_sweep_over_a_handler_that_is_off_is_refused(package):
    catalogue = discover([package(one=handler("one"), two=SWEEP.format(handler="one"))])
    with pytest.raises(PresetError, match='"one"'):
        enabled(catalogue, chosen(behaviours=("nightly",)))
