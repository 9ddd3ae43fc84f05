"""Imports point one way, and each third-party package has its door."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
REGISTRY = sorted((SCRIPTS / "registry").rglob("*.py"))
VERBS = sorted(SCRIPTS.glob("*.py"))
DOORS = {
    "yaml": {"reader"},
    "jsonschema": {"schemas"},
    "fastjsonschema": {"schemas"},
    "requests": {"github"},
    "tenacity": {"retries"},
    "rich": {"console"},
    "packaging": {"versions"},
    "platformdirs": {"data"},
    "sklearn": {"evaluation"},
    "tensorflow": {"training", "savedmodel"},
    "keras": {"training"},
    "ai_edge_litert": {"litert"},
    "uvicorn": {"server", "protocol"},
    "prometheus_client": {"metrics"},
}
ORDER = (
    {"errors"},
    {"versions", "documents", "console"},
    {"models", "environments", "artifacts"},
    {"training", "evaluation", "releases", "targets"},
    {"reconcile"},
)
MACHINE = {"os", "pathlib", "subprocess", "shutil", "tempfile", "time", "random", "socket", "datetime", "threading"}
PURE = [path for path in REGISTRY if " Pure" in path.read_text("utf-8").split("\n")[0]]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", VERBS, ids=lambda path: path.stem)
def test_a_verb_imports_no_other_verb(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & {verb.stem for verb in VERBS}


@pytest.mark.parametrize("path", REGISTRY, ids=lambda path: path.stem)
def test_the_registry_imports_no_verb(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & {verb.stem for verb in VERBS}


@pytest.mark.parametrize("package", DOORS)
def test_a_package_is_imported_by_its_door_only(package: str) -> None:
    users = {path.stem for path in REGISTRY + VERBS if package in {name.split(".")[0] for name in imported(path)}}
    assert users == DOORS[package]


def graph() -> dict[str, set[str]]:
    """Return which modules of the registry each of them imports."""
    modules = {".".join(path.relative_to(SCRIPTS).with_suffix("").parts): path for path in REGISTRY}
    return {name: imported(path) & modules.keys() for name, path in modules.items()}


def reached(name: str, imports: dict[str, set[str]]) -> set[str]:
    """Return all that comes along with a module."""
    return set().union(*({one} | reached(one, imports) for one in imports[name]))


def test_imports_go_round_in_no_circle() -> None:
    assert len(list(TopologicalSorter(graph()).static_order())) == len(REGISTRY)


@pytest.mark.parametrize("layer", range(len(ORDER) - 1))
def test_a_module_brings_none_along_that_comes_after_it(layer: int) -> None:
    later = {f"registry.{name}" for after in ORDER[layer + 1 :] for name in after}
    for name in ORDER[layer]:
        assert not reached(f"registry.{name}", graph()) & later, name


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_what_is_pure_asks_nothing_of_the_machine(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & MACHINE


def test_versions_evaluation_and_reconcile_are_pure() -> None:
    assert {"versions", "evaluation", "reconcile"} <= {path.stem for path in PURE}


@pytest.mark.parametrize("verb", ["validate", "changed", "new", "publish", "promote", "status", "withdraw"])
def test_a_verb_that_runs_no_model_needs_nothing_heavy(verb: str) -> None:
    code = f"import sys, {verb}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True)
    loaded = {"tensorflow", "keras", "sklearn", "numpy", "requests", "jsonschema"} & set(done.stdout.split())
    assert (done.returncode, loaded) == (0, set()), done.stderr
