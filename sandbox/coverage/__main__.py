"""`python -m sandbox.coverage`: writes `sandbox/COVERAGE.md` anew."""

from __future__ import annotations

from sandbox.coverage.report import report
from sandbox.coverage.vendor import HERE

if __name__ == "__main__":
    (HERE.parent / "COVERAGE.md").write_text(report(), "utf-8")
