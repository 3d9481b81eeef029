"""Everything people see exists in Russian and English: a Russian text always has its English one beside it."""

import ast
import re
from itertools import pairwise

import pytest

from tests.house.sources import ROOT, called_name, literal, product_files, rows, strings, tree

CYRILLIC = re.compile(r"[А-Яа-яЁё]")
TEXTS = ("Text", "label", "sentence")
BILINGUAL = ("config/settings_page.py", "b24app/cli/")
"""Files that print both languages one under the other, for people at a terminal or in a page of docs."""

FORMATS = (
    *("rules/bank_payment.py", "rules/bank_sheet.py", "rules/bank_statement.py", "rules/payment_purpose.py"),
    "b24app/systems/bank_files.py",
    *("rules/contact_data.py", "rules/automatic_mail.py"),
)
"""Files whose Russian words stand in files of banks, in letters or in what people type, and are shown to nobody."""

FILES = [path for path in product_files() if not str(path.relative_to(ROOT)).startswith(BILINGUAL)]


def text_calls():
    for path in FILES:
        for node in ast.walk(tree(path)):
            if called_name(node) in TEXTS and isinstance(node, ast.Call):
                named = {keyword.arg: keyword.value for keyword in node.keywords}
                given = [*node.args[:2], *(named[name] for name in ("ru", "en") if name in named)]
                yield f"{path.relative_to(ROOT)}:{node.lineno}", [literal(one) for one in given]


def test_every_text_has_both_languages():
    bad = [place for place, words in text_calls() if len(words) == 2 and ("" in words) and words != ["", ""]]
    assert bad == []


def test_russian_is_russian_and_english_is_english():
    bad = []
    for place, words in text_calls():
        if len(words) < 2 or None in words or words[0] == words[1]:
            continue
        if CYRILLIC.search(words[1]) or not CYRILLIC.search(words[0]):
            bad.append(f"{place}: {words}")
    assert bad == []


def is_russian(node: ast.expr) -> bool:
    words = literal(node)
    return words is not None and bool(CYRILLIC.search(words))


def paired(module: ast.Module) -> set[ast.AST]:
    """Everything inside a Text, and Russian expressions whose neighbour is their English."""
    found: set[ast.AST] = set()
    for node in ast.walk(module):
        if called_name(node) in TEXTS:
            found.update(ast.walk(node))
    for row in rows(module):
        for one, other in (*pairwise(row), *pairwise(reversed(row))):
            if is_russian(one) and literal(other) and not is_russian(other):
                found.update(ast.walk(one))
    return found


SPOKEN = [path for path in FILES if str(path.relative_to(ROOT)) not in FORMATS]


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_russian_stands_without_its_english(path):
    module = tree(path)
    fine = paired(module)
    loose = [f"{one.lineno}: {one.value}" for one in strings(module) if CYRILLIC.search(one.value) and one not in fine]
    assert loose == []
