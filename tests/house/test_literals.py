"""No id of any portal stands in the code: stages, fields and smart processes are named logically."""

import re

import pytest

from tests.house.sources import ROOT, product_files, strings, tree

PORTAL_IDS = re.compile(r"\bC\d+:[A-Z]|\bDT\d+_\d+:|\bUF_CRM_\d|\bufCrm_?\d|\bDYNAMIC_\d|\bD?T\d{2,}_")


@pytest.mark.parametrize("path", product_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_portal_id_in_the_code(path):
    found = [f"{one.lineno}: {one.value}" for one in strings(tree(path)) if PORTAL_IDS.search(one.value)]
    assert found == []
