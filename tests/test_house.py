"""The house rules of CONTRIBUTING.md that no linter knows, read off the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.records import rows

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "fairlead"
HISTORY = SOURCE / "db" / "migrations" / "versions"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if HISTORY not in path.parents)

LONGEST_FILE = 400
LONGEST_FUNCTION = 50

KEYWORDS = re.compile(
    r"\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+(\s+\w+)?\s+set\s|delete\s+from\s|with\s+\w+.*\sas\s*(not\s+)?"
    r"(materialized\s*)?\()",
    re.IGNORECASE | re.DOTALL,
)
TRANSACTIONS = re.compile(r"\.(transaction|commit|rollback)\(")
# Words that tell about the place where something was written, not about the program.
OUT_OF_PLACE = re.compile(r"/work/|/home/\w|/root/|/tmp/\w|/Users/\w")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every text constant that is not a docstring; an f-string as one text, with the module's constants in it."""
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node) if part is not node}
            yield node.lineno, "".join(_part(part, constants) for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and id(node) not in inside
        ):
            yield node.lineno, node.value


def _part(part: ast.expr, constants: dict[str, object]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        return str(constants.get(part.value.id, "{}"))
    return "{}"


def statements(path: Path) -> list[tuple[int, str]]:
    return [(line, text) for line, text in texts(ast.parse(path.read_text())) if KEYWORDS.match(text)]


def may_hold_sql(path: Path) -> bool:
    inside = path.relative_to(SOURCE)
    return inside.name == "queries.py" or inside.parts[0] == "db" or inside.parent.name == "queries"


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    long = {
        name(path): count for path in MODULES if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == {}


def test_sql_stands_where_it_is_looked_for() -> None:
    elsewhere = [
        f"{name(path)}:{line}" for path in MODULES if not may_hold_sql(path) for line, _ in statements(path)
    ]
    assert elsewhere == []


def test_the_waist_alone_decides_what_is_one_transaction() -> None:
    # The commands have no waist; each is one transaction.
    allowed = ("wire/", "db/", "orgs/", "sandbox/", "cli/database.py")
    elsewhere = [
        name(path)
        for path in MODULES
        if not path.relative_to(SOURCE).as_posix().startswith(allowed)
        and TRANSACTIONS.search(path.read_text())
    ]
    assert elsewhere == []


def test_every_statement_names_the_organisation() -> None:
    # Whole rows are inserted by the names of their columns, see the next test; the catalogue has no organisations.
    careless = [
        f"{name(path)}:{line}"
        for path in MODULES
        if path.relative_to(SOURCE).parts[0] != "db" and may_hold_sql(path)
        for line, text in statements(path)
        if "org_id" not in text and not text.startswith("insert into {} ({})") and "from pg_class" not in text
    ]
    assert careless == []


def test_every_row_begins_with_its_organisation() -> None:
    assert [kind for kind, names in rows.columns.items() if not names.startswith("org_id,")] == []


def test_nothing_tells_where_it_was_written() -> None:
    ours = [
        path
        for folder in ("src", "tests", "bench", "docs", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".toml", ".http", ".json", ""}
        and path.is_file()
        and path != Path(__file__)
        if "__pycache__" not in path.parts
    ]
    ours += [
        ROOT / some for some in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml")
    ]
    found = [
        f"{name(path)}:{number} {line.strip()[:80]}"
        for path in ours
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if OUT_OF_PLACE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_is_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
