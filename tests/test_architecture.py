"""The shape of the code, held over its syntax tree: who may import whom, and how little a declaration may do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "dagster_project"
MODULES = sorted(PACKAGE.rglob("*.py"))

STAGES = {"ingest", "transform", "quality", "value", "score", "report", "publish"}
SHARED = {"companies", "settings"}
# What each part of the package may import of the others; itself it always may.
ALLOWED = {
    "settings": set(),
    "companies": {"settings"},
    **dict.fromkeys(STAGES, SHARED),
    # Helpers for people at a shell, which look at exports the way the ingest does.
    "tools": {"ingest"} | SHARED,
    "alerts": {"companies"},
    "event_log": set(),
    "resources": {"publish"} | SHARED,
    "defs": STAGES | SHARED | {"resources", "alerts"},
    "definitions": {"defs"},
    "refresh": {"definitions", "resources", "publish"} | SHARED,
    "cli": {"refresh", "tools"} | STAGES | SHARED,
}
MAY_IMPORT_DAGSTER = {"defs", "definitions", "event_log", "resources", "refresh"}
# By this name Dagster's documentation has `dagster.yaml` ask for the event log; only its public methods are overridden.
NAMED_IN_SETTINGS = "dagster._core.storage.event_log.SqliteEventLogStorage"
# The contract is data that every part may read.
READABLE_ANYWHERE = "dagster_project.ingest.contract"
MOST_LINES_OF_DEFINITIONS = 30
MOST_LINES_OF_A_DECLARATION = 22


def _part(module: Path) -> str:
    """`ingest/rows.py` -> ingest, `cli.py` -> cli."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(module: Path) -> Iterator[str]:
    """Full dotted names of everything imported anywhere in a module, inside functions too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively; name the module in full"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def _own_imports(module: Path) -> Iterator[str]:
    for name in _imports(module):
        is_contract = name == READABLE_ANYWHERE or name.startswith(f"{READABLE_ANYWHERE}.")
        if name.startswith("dagster_project.") and not is_contract:
            yield name


def _functions(module: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def _body_lines(function: ast.FunctionDef) -> int:
    """Lines from the first statement after the docstring to the end."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_point_one_way(module: Path) -> None:
    """A stage that imports another, or a library that imports the wiring, can no longer be tested or moved alone."""
    part = _part(module)
    if part == "__init__":
        assert list(_own_imports(module)) == []
        return
    assert part in ALLOWED, f"say in {Path(__file__).name} what {part} may import"
    wrong = [name for name in _own_imports(module) if name.split(".")[1] not in ALLOWED[part] | {part}]
    assert wrong == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_only_the_wiring_knows_dagster(module: Path) -> None:
    """Logic that imports Dagster needs an instance and seconds of imports to be tested, and dies with it."""
    if _part(module) not in MAY_IMPORT_DAGSTER:
        wrong = [name for name in _imports(module) if name.split(".")[0] in {"dagster", "dagster_dbt"}]
        assert wrong == []


def test_nothing_uses_the_private_parts_of_dagster() -> None:
    """Private modules change without notice in a patch release."""
    private = [
        f"{module.relative_to(PACKAGE)}: {name}"
        for module in MODULES
        for name in _imports(module)
        if name.split(".")[0].startswith("dagster") and not name.startswith("dagster_project")
        if name != NAMED_IN_SETTINGS and any(part.startswith("_") for part in name.split("."))
    ]
    assert private == []


def test_stages_link_by_asset_key() -> None:
    """Two declaration modules that import one another are one module in two files."""
    wrong = [
        f"{module.name}: {name}"
        for module in sorted((PACKAGE / "defs").glob("*.py"))
        for name in _own_imports(module)
        if name.startswith("dagster_project.defs")
    ]
    assert wrong == []


def test_definitions_only_wire() -> None:
    """The file everybody has to import is where everything ends up, if nothing holds it small."""
    assert len((PACKAGE / "definitions.py").read_text(encoding="utf-8").splitlines()) < MOST_LINES_OF_DEFINITIONS


def test_declarations_stay_thin() -> None:
    """A decorated function that does the work itself cannot be tested without Dagster."""
    thick = {
        f"{module.name}:{function.name}": _body_lines(function)
        for module in sorted((PACKAGE / "defs").glob("*.py"))
        for function in _functions(module)
        if _body_lines(function) > MOST_LINES_OF_A_DECLARATION
    }
    assert thick == {}


def test_no_python_package_shadows_dbt() -> None:
    """An __init__.py in dbt/ hides the dbt package from every process started in the project folder."""
    assert not (PROJECT_ROOT / "dbt" / "__init__.py").exists()
