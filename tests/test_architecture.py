"""Rooms with one purpose each, imports that point one way, and a door for each third-party package."""

import ast
import subprocess
import sys
from functools import cache
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
    "referencing": {"schemas"},
    "kubernetes": {"apiserver"},
    "requests": {"client", "probing"},  # GitHub's API with its tokens; endpoints, which get none and are asked once
    "urllib3": {"apiserver", "probing"},
    "tenacity": {"retries"},
    "jinja2": {"typesetting"},
    "markupsafe": {"typesetting"},
    "rich": {"console"},
    "matplotlib": {"figure"},
    "optuna": {"study"},
    "oras": {"distribution"},
    "packaging": {"versions"},
    "platformdirs": {"data"},
    "fsspec": {"remotefile"},
    "pip": {"sourcepackage"},
    "pytest": {"trying"},
    "sklearn": {"evaluation", "clustering"},
    "scipy": {"totals", "resampling", "ranking", "clustering"},
    "tensorflow": {"kerasmodel", "conversion", "savedfolder", "savedmodel", "keraspatch"},
    "keras": {"kerasmodel", "keraspatch"},
    "ai_edge_litert": {"litert"},
    "onnxruntime": {"onnxmodel"},
    "uvicorn": {"listening", "connection"},
    "httptools": {"connection"},
    "prometheus_client": {"metrics", "metering", "pulse"},
}
ROOMS = {path.parent.name for path in REGISTRY}
MOST = 13
OTHER_TESTS = {"bench", "cluster", "containers", "fixtures", "helpers", "invalid", "training", "workflows", "__pycache__"}
MACHINE = {"os", "pathlib", "subprocess", "shutil", "tempfile", "time", "random", "socket", "datetime", "threading"}
PURE = [path for path in REGISTRY if " Pure" in path.read_text("utf-8").split("\n")[0]]


@cache
def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_a_verb_imports_no_other_verb() -> None:
    verbs = {verb.stem for verb in VERBS}
    found = {path: {name.split(".")[0] for name in imported(path)} & verbs for path in VERBS}
    assert {path: names for path, names in found.items() if names} == {}


def test_the_registry_imports_no_verb() -> None:
    verbs = {verb.stem for verb in VERBS}
    found = {path: {name.split(".")[0] for name in imported(path)} & verbs for path in REGISTRY}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_package_is_imported_by_its_door_only() -> None:
    tops = {path: {name.split(".")[0] for name in imported(path)} for path in REGISTRY + VERBS}
    assert {package: {path.stem for path, names in tops.items() if package in names} for package in DOORS} == DOORS


def room(path: Path) -> str:
    """Return the room that a module lies in; the ground is called registry."""
    return path.parent.name


@cache
def modules() -> dict[str, Path]:
    """Return the modules and packages of the registry by the names that they are imported by."""
    found = {".".join(path.relative_to(SCRIPTS).with_suffix("").parts): path for path in REGISTRY}
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


@cache
def graph() -> dict[str, set[str]]:
    """Return which modules of the registry each of them imports."""
    known = {name: path for name, path in modules().items() if path.stem != "__init__"}
    return {name: imported(path) & known.keys() for name, path in known.items()}


@cache
def arrows() -> dict[str, set[str]]:
    """Return which rooms each room imports from."""
    found: dict[str, set[str]] = {}
    for name, others in graph().items():
        here = room(modules()[name])
        found.setdefault(here, set()).update({room(modules()[other]) for other in others} - {here})
    return found


def test_imports_go_round_in_no_circle() -> None:
    assert set(TopologicalSorter(graph()).static_order()) == graph().keys()


def test_arrows_between_rooms_go_round_in_no_circle() -> None:
    assert set(TopologicalSorter(arrows()).static_order()) == ROOMS


def test_the_ground_stands_on_nothing() -> None:
    assert arrows()["registry"] == set()


def test_serving_knows_nothing_of_git_specs_or_releases() -> None:
    found = arrows()
    assert found["serving"] == {"registry", "artifacts", "protocols", "running"}
    assert found["running"] == {"registry", "artifacts", "protocols"}
    assert found["protocols"] == {"artifacts"}


def test_a_room_holds_about_a_dozen_files_and_says_what_belongs_in_it() -> None:
    for name in sorted(ROOMS):
        here = [path for path in REGISTRY if room(path) == name]
        (init,) = [path for path in here if path.stem == "__init__"]
        (sentence,) = ast.parse(init.read_text("utf-8")).body
        assert isinstance(sentence.value, ast.Constant), name
        assert len(here) <= MOST + 1, name
        assert name == "registry" or ";" in sentence.value.value, f"{name}: what does not belong in it, and where that is"


def test_no_two_names_are_the_same_or_differ_by_an_s() -> None:
    tests = SCRIPTS.parent / "tests"
    helpers = [path for folder in ("helpers", "workflows") for path in (tests / folder).glob("*.py")]
    told = [path.stem for path in REGISTRY + VERBS if path.stem != "__init__"] + sorted(ROOMS)
    asked = [path.stem for path in helpers if not path.stem.startswith("test_")]
    assert [name for name in told if told.count(name) > 1 or f"{name}s" in told] == []
    assert [name for name in asked if name in told or asked.count(name) > 1 or f"{name}s" in asked] == []


def test_no_two_tests_have_one_name() -> None:
    """pytest imports each by its name alone, and leaves out the second."""
    names = [path.name for path in (SCRIPTS.parent / "tests").rglob("test_*.py")]
    assert [name for name in names if names.count(name) > 1] == []


def test_tests_mirror_the_rooms() -> None:
    assert {path.name for path in (SCRIPTS.parent / "tests").iterdir() if path.is_dir()} - OTHER_TESTS <= ROOMS


def test_what_is_pure_asks_nothing_of_the_machine() -> None:
    found = {path: {name.split(".")[0] for name in imported(path)} & MACHINE for path in PURE}
    assert {path: names for path, names in found.items() if names} == {}


def test_versions_evaluation_and_reconcile_are_pure() -> None:
    assert {"versions", "evaluation", "reconcile"} <= {path.stem for path in PURE}


LIGHT = [
    "validate", "changed", "new", "publish", "promote", "status", "withdraw", "history", "show", "compare", "why", "upgrade",
    "migrate", "catalogue",
]  # fmt: skip


OTHERS_RUN = ["build", "tune"]
RUNS = {"tensorflow", "keras", "sklearn", "scipy", "numpy", "matplotlib"}


@pytest.mark.parametrize(("verbs", "heavy"), [(LIGHT, RUNS | {"requests", "jsonschema"}), (OTHERS_RUN, RUNS)])
def test_verbs_that_run_no_model_themselves_need_nothing_heavy(verbs: list[str], heavy: set[str]) -> None:
    code = f"import sys, {', '.join(verbs)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True)
    assert (done.returncode, heavy & {*done.stdout.split()}) == (0, set()), done.stderr
