"""The shape of the tree: what may lie where, how long it may be, and what the pure folders may touch.

Who may import whom among our own packages is checked by import-linter (see pyproject.toml); here is what it cannot say.
Every check reads the files git knows or would take, so caches and the environment do not count.
"""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("domain", "adapters", "projections", "processors", "bot", "admin", "app", "migrations")
PYTHON_FOLDERS = (*PACKAGES, "tests", "benchmarks")
FOLDERS = {*PYTHON_FOLDERS, "docs", "deploy", ".ci"}
FILES = {
    ".dockerignore", ".env.example", ".gitattributes", ".gitignore", ".python-version", "Makefile", "README.md",
    "pyproject.toml", "requirements-dev.lock", "requirements.lock",
}  # fmt: skip  # a list of names reads better in lines than in a column

LINES_MAX = 300
FUNCTION_LINES_MAX = 40
LONGER_FOR_A_REASON: dict[str, str] = {}
"""Path, or path::function, to the reason why it may be longer. To be kept short."""

THIRD_PARTIES_ALLOWED = {"domain": {"pydantic", "rpds"}, "projections": {"pydantic"}, "migrations": set[str]()}
IMPURE_MODULES = {"asyncio", "logging", "os", "random", "secrets", "socket", "subprocess", "threading", "time"}
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}

SUPPRESSION = re.compile(
    r"#\s*(?:noqa\b(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?|type:\s*ignore(?:\[[^\]]*\])?"
    r"|pragma:\s*no\s*\w+|fmt:\s*\w+|mypy:\s*[\w-]+)"
)
# Spelled in parts, so that this file does not find itself. A folder of such a name inside a longer path is no fault.
REGISTRIES = [rf"{name}\.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
MACHINE_PATHS = [rf"(?<![\w.$}}/])/{folder}/" for folder in ("work", "root")]
PLACES_NOT_FOR_THE_TREE = re.compile("|".join(REGISTRIES + MACHINE_PATHS))


def known_files() -> list[Path]:
    """Returns the files in git and those that `git add .` would take, as paths from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted({Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()})


if not (ROOT / ".git").exists():
    pytest.skip("the layout is checked in a git checkout only", allow_module_level=True)

KNOWN = known_files()
PYTHON = [path for path in KNOWN if path.suffix == ".py"]
TREES = {path: ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path)) for path in PYTHON}


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yields line and top-level name of everything a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def without_reason(rest: str) -> bool:
    """A reason is at least two words after the directive and its codes."""
    return len(re.findall(r"[^\W\d_]{2,}", rest)) < 2


def test_the_top_level_holds_only_what_is_listed() -> None:
    folders = {path.parts[0] for path in KNOWN if len(path.parts) > 1}
    files = {path.name for path in KNOWN if len(path.parts) == 1}
    assert folders - FOLDERS == set()
    assert files - FILES == set()


def test_python_lies_in_packages_only() -> None:
    folders = {path.parent for path in PYTHON}
    assert {folder for folder in folders if folder.parts[:1] not in {(name,) for name in PYTHON_FOLDERS}} == set()
    assert {folder for folder in folders if folder / "__init__.py" not in TREES} == set()


def test_the_distribution_lists_exactly_our_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PACKAGES)


def test_nobody_else_installs_a_package_of_our_name() -> None:
    installed = importlib.metadata.packages_distributions()
    others = {name: set(installed.get(name, ())) - {"neurocards"} for name in PACKAGES}
    assert {name: owners for name, owners in others.items() if owners} == {}


def test_the_two_locks_agree() -> None:
    pins = {
        name: set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    }
    assert pins["requirements.lock"]
    assert pins["requirements.lock"] - pins["requirements-dev.lock"] == set()


def test_files_are_short() -> None:
    lengths = {
        str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in KNOWN
        if path.suffix in {".py", ".sql"}
    }
    assert {
        name: lines for name, lines in lengths.items() if lines > LINES_MAX and name not in LONGER_FOR_A_REASON
    } == {}


def test_functions_are_short() -> None:
    long = {}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX and f"{path}::{node.name}" not in LONGER_FOR_A_REASON:
                    long[f"{path}::{node.name}"] = lines
    assert long == {}


def test_longer_things_are_still_there() -> None:
    assert {name for name in LONGER_FOR_A_REASON if Path(name.partition("::")[0]) not in KNOWN} == set()


def test_every_suppression_has_a_reason_on_its_line() -> None:
    bare = []
    for path in PYTHON:
        with (ROOT / path).open("rb") as source:
            comments = [token for token in tokenize.tokenize(source.readline) if token.type == tokenize.COMMENT]
        for comment in comments:
            directives = list(SUPPRESSION.finditer(comment.string))
            if directives and without_reason(comment.string[directives[-1].end() :]):
                bare.append(f"{path}:{comment.start[0]}: {comment.string}")
    assert bare == []


def test_every_skipped_test_has_a_reason() -> None:
    bare = []
    for path, tree in TREES.items():
        explained = {
            id(node.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and any(word.arg == "reason" for word in node.keywords)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and id(node) not in explained:
                name = ast.unparse(node)
                if name in {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}:
                    bare.append(f"{path}:{node.lineno}: {name}")
    assert bare == []


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_pure_folders_use_no_unlisted_third_party() -> None:
    known = sys.stdlib_module_names | set(PYTHON_FOLDERS)
    assert [
        f"{path}:{line}: {name}"
        for path, tree in TREES.items()
        if path.parts[0] in THIRD_PARTIES_ALLOWED
        for line, name in imported(tree)
        if name not in known | THIRD_PARTIES_ALLOWED[path.parts[0]]
    ] == []


def test_the_domain_uses_no_clock_chance_or_environment() -> None:
    faults = []
    for path, tree in TREES.items():
        if path.parts[0] != "domain":
            continue
        faults += [f"{path}:{line}: import {name}" for line, name in imported(tree) if name in IMPURE_MODULES]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                owner = ast.unparse(node.value).rpartition(".")[2]
                if (owner, node.attr) in CLOCK_CALLS:
                    faults.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
    assert faults == []


def test_the_domain_uses_no_float() -> None:
    assert [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path, tree in TREES.items()
        if path.parts[0] == "domain"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ] == []


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in KNOWN:
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        found += [f"{path}: {match.group()}" for match in PLACES_NOT_FOR_THE_TREE.finditer(text)]
    assert found == []
