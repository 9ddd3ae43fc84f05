"""What somebody sees first who opens a run: an alert in the colour of what happened, problems as a list, what is next."""

import json
from pathlib import Path

import pytest
from forks import verb
from hostile import HOSTILE
from registries import ENVIRONMENT
from rendering import read
from reviewing import edit

from registry import alerts, console
from registry.errors import Problem

PLAN = "```diff\n@@ staging @@\n+ digits   1.0.0\n```\n"
PASSED = {"result": "success", "outputs": {}}
NEEDS = dict.fromkeys(("plan", "build", "assess", "judge", "deploys", "tests"), PASSED)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs a verb and returns the summary that it leaves."""

    def run(root: Path, *words: str, code: int = 0) -> str:
        summary = tmp_path / "summary.md"
        summary.unlink(missing_ok=True)
        monkeypatch.setitem(ENVIRONMENT, "GITHUB_STEP_SUMMARY", str(summary))
        verb(root, *words, code=code)
        return summary.read_text("utf-8")

    return run


def test_what_is_valid_is_said_with_what_comes_next_and_what_is_worth_knowing(pinned: Path, page) -> None:
    valid = (
        "> [!TIP]\n> **1 model, 2 environments, 1 pin: all valid**\n>\n"
        "> next: <code>tox run -e changed</code> lists what has no release yet\n"
    )
    assert page(pinned, "validate").startswith(valid)
    edit(pinned, "Reads", "Recognises")
    assert page(pinned, "validate").startswith(
        f"{valid}\n> [!WARNING]\n> **Worth knowing; it stops nothing**\n>\n> - <code>"
    )


def test_problems_come_first_as_a_list(pinned: Path, page) -> None:
    edit(pinned, "folds: 5", "folds: 1")
    (pinned / "environments/staging/digits.yaml").write_text("version: 1.0.0\n")
    assert page(pinned, "validate", code=1) == (
        "> [!CAUTION]\n> **verb: 2 problems**\n>\n"
        "> - <code>environments/staging/digits.yaml:1</code>: <code>sha256</code>: is missing; write 64 lower-case"
        " hexadecimal digits, as sha256sum prints them\n"
        "> - <code>models/digits/model.yaml:20</code>: <code>evaluation.folds</code>: 1 is not possible here; write 0"
        " &#40;none&#41; or 2 to 20, for example 5\n"
    )


def test_the_gate_says_what_succeeded_or_what_keeps_it_shut(
    pinned: Path, page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", json.dumps(NEEDS))
    assert page(pinned, "gate") == (
        "> [!TIP]\n> **plan, build, assess, judge, deploys, tests: success; nothing is missing**\n"
    )
    monkeypatch.setitem(ENVIRONMENT, "NEEDS", json.dumps(NEEDS | {"build": {"result": "failure", "outputs": {}}}))
    assert page(pinned, "gate", code=1) == (
        "> [!CAUTION]\n> **verb: 1 problem**\n>\n"
        "> - <code>job build</code>: ended with failure; see its log, mend it, and push again\n"
    )


def test_a_deploy_says_what_it_would_make_and_what_it_made(pinned: Path, page) -> None:
    (pinned / "environments/production").mkdir()
    assert page(pinned, "deploy", "staging", "--since", "HEAD") == (
        "> [!NOTE]\n> **staging: merging this changes no pin**\n"
    )
    assert page(pinned, "deploy", "staging", "--since", "HEAD~1") == (
        f"> [!NOTE]\n> **staging: merging this makes 1 change**\n\n{PLAN}"
    )
    assert page(pinned, "deploy", "staging", "--apply") == (
        "> [!TIP]\n> **staging: 1 change made**\n>\n> next: <code>tox run -e status</code> shows what runs where\n\n"
        f"{PLAN}"
    )
    assert page(pinned, "deploy", "staging", "--apply") == (
        "> [!TIP]\n> **staging: nothing to do; it runs what is pinned**\n"
    )


def test_a_deploy_that_fails_says_so_before_what_it_made_all_the_same(pinned: Path, page) -> None:
    (pinned / "releases/digits@v1.0.0/digits-1.0.0.tar").unlink()
    told = page(pinned, "deploy", "staging", "--apply", code=1)
    assert told.startswith(
        "> [!CAUTION]\n> **verb: 1 problem**\n>\n> - <code>digits&#64;v1.0.0</code>: digits-1.0.0.tar is not in "
    )
    assert told.endswith("\n\n> [!NOTE]\n> **staging: 0 of 1 change made all the same**\n")


def test_released_versions_judged_again_are_told_in_a_table_and_what_they_would_no_longer_reach_below(
    pinned: Path, page
) -> None:
    edit(pinned, "min: 0.90", "min: 0.99")
    told = page(pinned, "judge", "digits")
    headline = "digits 1.0.0, which runs in staging: fail; nothing is trained, nothing stops"
    assert told.startswith(f"> [!WARNING]\n> **{headline}**\n\n|")
    assert "\n\n> [!WARNING]\n> **Worth knowing; it stops nothing**\n>\n> - <code>models/digits/model.yaml:" in told


@pytest.mark.parametrize("value", HOSTILE)
def test_no_words_of_a_problem_break_out_of_its_line(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    console.report([Problem(value, 1, value, value)])
    console.conclude(value, value)
    found = read((tmp_path / "summary").read_text("utf-8"))
    assert {*found.html} <= {"<code>", "</code>"}
    assert (found.links, found.images, found.fences, found.marked) == ([], [], [], [])


def test_of_very_many_problems_the_first_are_listed_and_the_others_counted() -> None:
    lines = alerts.listed([Problem("a", number, "", "x" * 3000) for number in range(1234)])
    assert (len(lines), lines[-1], len(lines[0])) == (101, "- and 1,134 more, in the log", 2018)


def test_more_than_github_shows_of_a_summary_is_left_out_but_problems_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for number in range(100):
        console.summarize(f"## {number}\n{'é' * 10_000}")
    told = "**There is no room here for more**: the log has it.\n"
    shown = summary.read_text("utf-8")
    assert shown.count(told) == 1 and shown.endswith(f"é\n\n{told}")
    console.report([Problem(f"models/m{number}/model.yaml", 1, "", "long " * 500) for number in range(101)])
    assert 800_000 < summary.stat().st_size <= 1024 * 1024
    assert summary.read_text("utf-8").startswith("> [!CAUTION]\n") and summary.read_text("utf-8").endswith(told)
