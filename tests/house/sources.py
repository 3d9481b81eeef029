"""The product's own source files, and what their syntax trees say."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("b24app", "config", "facts", "handlers", "reports", "robots", "rules", "sync", "triggers")


def product_files() -> list[Path]:
    """Every Python file of the product, migrations left out."""
    return [
        path for folder in PRODUCT for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts
    ]


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def called_name(node: ast.AST) -> str:
    """What a call calls (`Text`, `label`), "" for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", None) or getattr(node.func, "attr", None) or ""


def literal(node: ast.AST) -> str | None:
    """A text written in the source; the fixed parts of an f-string; None if it is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return None


def strings(module: ast.Module) -> Iterator[ast.Constant]:
    """Every text of a module but its docstrings."""
    skipped = {node.value for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield node


def rows(module: ast.Module) -> Iterator[list[ast.expr]]:
    """Expressions that stand side by side: arguments of a call, elements of a tuple or list, values of a map."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.Tuple | ast.List):
            yield list(node.elts)
        elif isinstance(node, ast.Dict):
            yield list(node.values)
