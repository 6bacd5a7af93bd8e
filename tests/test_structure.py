"""The code keeps the shape that the design promises: documented, typed, small, without mocks, quick to start."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("monitor", "connectors", "models")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPTS = sorted((ROOT / "docs").glob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
MOST_BROAD = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(body: list[ast.stmt], where: str) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public classes, functions and methods by place; what is inside a function belongs to that function."""
    for node in body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield f"{where}:{node.lineno} {node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, where)


def everything() -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for path in SOURCES:
        yield from public(tree(path).body, str(path.relative_to(ROOT)))


def test_the_example_settings_come_with_an_installation() -> None:
    """`monitor demo` writes them into an empty folder, and a checkout is not what most people have."""
    assert "monitor/config.toml" in {str(file) for file in importlib.metadata.files("engagement-monitor") or ()}


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 60
    assert sum(1 for _ in everything()) > 300


def test_every_module_class_function_and_method_that_is_public_has_a_docstring() -> None:
    modules = [str(path.relative_to(ROOT)) for path in SOURCES if not ast.get_docstring(tree(path))]
    overridden = {"list_commands", "get_command", "resolve_command"}  # of a private click.Group
    without = [place for place, node in everything() if not ast.get_docstring(node) and node.name not in overridden]
    assert (modules, without) == ([], [])


def test_every_function_inside_another_says_what_it_does_too() -> None:
    without = [
        f"{path.relative_to(ROOT)}:{inner.lineno} {inner.name}"
        for path in SOURCES
        for outer in ast.walk(tree(path))
        if isinstance(outer, FUNCTIONS)
        for inner in ast.walk(outer)
        if inner is not outer and isinstance(inner, FUNCTIONS) and not ast.get_docstring(inner)
    ]
    assert without == []


def test_every_function_has_its_return_type_and_those_of_its_arguments() -> None:
    found = []
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, FUNCTIONS):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                untyped = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
                if node.returns is None or untyped:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {untyped}")
    assert found == []


def test_no_module_and_no_function_is_long() -> None:
    long = []
    for path in (*SOURCES, *SCRIPTS):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        for node in ast.walk(tree(path)):
            if isinstance(node, FUNCTIONS):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                length = (node.end_lineno or first) - first + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert long == []


def test_nothing_is_mocked() -> None:
    mock = re.compile(
        r"^\s*(from|import) (unittest\.mock|unittest import mock|mock\b)|MagicMock|pytest_mock|mocker\b", re.MULTILINE
    )
    users = [
        str(path.relative_to(ROOT))
        for path in (*SOURCES, *TESTS)
        if path != Path(__file__) and mock.search(path.read_text("utf-8"))
    ]
    assert users == []


def broad() -> Iterator[tuple[str, ast.ExceptHandler, str]]:
    """Handlers of everything, with their place and their line."""
    for path in SOURCES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler):
                names = (
                    {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                    if node.type
                    else {"Exception"}
                )
                if names & {"Exception", "BaseException"}:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node, lines[node.lineno - 1]


def test_few_places_keep_an_unknown_error_from_going_on_and_each_says_why() -> None:
    """A handler that raises at its end only changes the error's class, or cleans up; the others swallow it."""
    swallowing = [place for place, node, _ in broad() if not isinstance(node.body[-1], ast.Raise)]
    assert swallowing
    assert len(swallowing) <= MOST_BROAD, swallowing
    silent = [
        place
        for place, node, line in broad()
        if not isinstance(node.body[-1], ast.Raise) and not re.search(r"#.* - \w.{15}", line)
    ]
    assert silent == []


HEAVY = ("transformers", "onnxruntime", "tokenizers", "torch", "tweepy", "praw", "numpy", "pandas", "pydantic", "sqlite_utils", "click", "rich", "holidays", "schedule", "atproto", "atproto_client", "mastodon", "httpx", "requests")  # fmt: skip


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which one customer waits."""
    folder = tmp_path_factory.mktemp("waiting")
    rows = "id,author,text,created_at,inbound\n1,ann,@acme where is my refund?,2026-11-02T09:00:00Z,true\n"
    (folder / "posts.csv").write_text(rows + "2,acme,hello,2026-11-01T09:00:00Z,false\n", encoding="utf-8")
    command = "import", "posts.csv", "--mapping", "columns", "--no-classify", "--db", "monitor.db", "--brand", "acme"
    subprocess.run([sys.executable, "-m", "monitor", *command], cwd=folder, check=True, capture_output=True)
    return folder / "monitor.db"


@pytest.mark.parametrize("options", [[], ["--json"], ["--lang", "ja", "--brand", "acme"]])
def test_the_queue_loads_nothing_heavy(waiting: Path, options: list[str]) -> None:
    asked = [sys.executable, "-X", "importtime", "-m", "monitor", "queue", "--db", str(waiting), *options]
    done = subprocess.run(asked, cwd=waiting.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1, "one is late"
    assert "refund" in done.stdout
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "monitor" in loaded
    assert loaded & {*HEAVY, "connectors", "models"} == set()
