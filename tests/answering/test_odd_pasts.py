"""What the verbs tell of pasts that no verb of ours made: odd names, tags and pins by hand, branches, terminals."""

import importlib
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import forks
import pasts
import pytest
import registries
import terminals
from pasts import Past
from registries import git
from servers import ROOT
from squeezing import Repository, lines, told

from registry import console
from registry import git as asked
from registry.answering import phrases
from registry.formats import schemas
from registry.formats.reader import Document

MARCH, DAY = 1_740_787_200, 24 * 3600  # 1 March 2025
SPEC = (registries.TEMPLATE / "models/digits/model.yaml").read_text("utf-8")
LATER = SPEC.replace("version: 1.0.0", "version: 1.1.0").replace(
    "description: Reads", "description: |\n  Löst\n  ::error::x"
)
BY_HAND = """by hand

Fingerprint: zz\x1b[2J
Artifact-SHA256: {}
Artifact-Size: 5
Verdict: pass\x1b[2J
Metrics: accuracy=nan
Runtime: \x1b[2J
"""
COMMAND = re.compile("`tox run -e (history|show|why|compare) -- ([^`]*)`")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    past = Past()
    past.commit(
        pasts.environments() | {"models/digits/model.yaml": SPEC, "models/by-hand/model.yaml": SPEC}, "begin", MARCH
    )
    past.release("digits", "1.0.0", 1, MARCH + 60, person="A\u2028B\x85C <a@example.org>")
    other = pasts.pin("production", "digits", "1.0.0")
    other = {place: text.replace(pasts.sha256("digits", "1.0.0"), 32 * "ab") for place, text in other.items()}
    past.commit(pasts.pin("staging", "digits", "1.0.0") | other, "pins (#2)", MARCH + DAY)
    past.commit({"models/spam/model.yaml": SPEC}, "spam", MARCH + DAY, onto=2, branch="topic\u2028")
    past.release("spam", "0.1.0", 3, MARCH + DAY)
    past.commit(
        {"models/spam/model.yaml": SPEC}, "Merge pull request #5 from octo/spam", MARCH + 2 * DAY, merged=(3,),
        person="Octo <octo@example.org>",
    )  # fmt: skip
    past.commit(
        {"models/digits/model.yaml": LATER, "models/digits/::warning::x": "a"}, "\u2028 better", MARCH + 3 * DAY
    )
    past.release("digits", "1.1.0", 5, MARCH + 3 * DAY)
    past.commit(
        pasts.pin("production", "digits", "1.0.0") | pasts.pin("staging", "ghost", "1.0.0"), "mend", MARCH + 4 * DAY
    )
    for version, digest in ("0.1.0", 64 * "7"), ("0.2.0", "77\x1b"):
        past.tag(f"by-hand@v{version}", 1, BY_HAND.format(digest), MARCH + 60)
    past.tag("digits@v\u2028", 1, "none")
    past.commit({}, "a note", MARCH + 5 * DAY)
    root = tmp_path_factory.mktemp("odd") / "root"
    commits = past.write(root)
    git(root, "tag", "digits@v1.0.0!", "digits@v1.0.0^{commit}")
    yield root, commits


def test_only_line_feeds_end_lines_of_git(odd: Repository) -> None:
    assert "topic\u2028" in " ".join(asked.branches(odd[0]))
    assert told(odd, "history", "digits")[-1] == (
        rf"2025-03-01 00:01 | digits | released 1.0.0 | - | A\u2028B\x85C | {odd[1][0][:12]} | -"
    )


def test_a_tag_that_is_not_annotated_tells_nobody_and_withdraws_nothing_before_it_was_released(odd: Repository) -> None:
    events = json.loads(forks.verb(odd[0], "history", "digits", "--json"))["events"]
    withdrawn, released = events[-2:]
    assert (withdrawn["kind"], withdrawn["time"], withdrawn["person"]) == (
        "withdrawn", "2025-03-01T00:01:00Z", {"name": "", "email": ""},
    )  # fmt: skip
    assert (released["kind"], released["time"]) == ("released", withdrawn["time"])
    assert f"withdrawn | 2025-03-01 00:01 UTC by somebody unknown, {odd[1][0][:12]}" in told(
        odd, "show", "digits@1.0.0"
    )


def test_what_a_branch_did_was_brought_by_its_merge(odd: Repository) -> None:
    merge = f"brought by | {odd[1][3][:12]} by Octo: “Merge pull request #5 from octo/spam”"
    shown = told(odd, "show", "spam@v0.1.0")
    assert shown[shown.index(merge) + 1] == "pull request | #5, as its commit tells"


def test_other_bytes_than_were_released_are_told_wherever_they_were_pinned(odd: Repository) -> None:
    then = ("--at", odd[1][1])
    fault = (
        "environments/production/digits.yaml: names other bytes than digits@v1.0.0 has, of SHA-256 "
        f"{32 * 'ab'}; no deploy takes them"
    )
    assert fault in told(odd, "why", "digits", "production", *then)
    assert json.loads(forks.verb(odd[0], "why", "digits", "production", "--json", *then))["fault"] == fault
    assert json.loads(forks.verb(odd[0], "why", "digits", "production", "--json"))["fault"] is None
    shown = told(odd, "show", "digits@1.0.0")
    (stay,) = [line for line in shown if "of other bytes" in line]
    assert stay.endswith(
        f"production from 2025-03-02 00:00 UTC to 2025-03-05 00:00 UTC, of other bytes: SHA-256 {32 * 'ab'}"
    )
    moved = f"2025-03-05 00:00 | digits | moved 1.0.0 to other bytes | production | Someone | {odd[1][5][:12]} | -"
    assert moved in told(odd, "history", "digits")
    marked = "1.0.0 (withdrawn) (not the bytes that were released) pinned"
    assert f"digits | 1.0.0 (withdrawn) | 1.0.0 (withdrawn) pinned | {marked}" in told(odd, "status", *then)


def test_what_is_pinned_is_told_of_models_that_nothing_else_is_known_of(odd: Repository) -> None:
    assert "ghost | - | 1.0.0, runs nothing | -" in told(odd, "status")
    assert told(odd, "show", "ghost")[-1] == ("next: `tox run -e history -- ghost` shows what became of it")
    assert (
        "ghost 1.0.0: is no release; none is known here; `git fetch --tags` brings tags that this clone may lack"
        in told(odd, "why", "ghost", "staging")
    )


def test_tags_by_hand_neither_break_a_document_nor_reach_the_terminal(odd: Repository) -> None:
    for what in "by-hand", "by-hand@0.1.0":
        parsed = json.loads(forks.verb(odd[0], "show", what, "--json"))
        assert schemas.problems(Document("show", parsed, {(): (1, "")}), "show") == []
        assert "\x1b" not in forks.verb(odd[0], "show", what)
    said = forks.verb(odd[0], "show", "by-hand@0.2.0", code=1)
    assert said.startswith(
        r"by-hand@v0.2.0: is a tag without a release's trailers (77\x1b is no SHA-256); 0.2.0 can't "
    )


def test_no_text_of_a_stranger_is_a_command_to_a_runner_of_github(odd: Repository) -> None:
    def seen(*words: str) -> list[str]:
        main, settings = importlib.import_module(words[0]).main, {"GITHUB_ACTIONS": "true"}
        code, said = forks.run(
            odd[0], partial(console.run, main), *words[1:], first=partial(os.environ.update, settings)
        )
        assert code == 0, said
        return lines(said)

    for words in ("compare", "digits", "1.0.0", "1.1.0"), ("show", "digits"), ("show", "digits@1.1.0"):
        told_here = told(odd, *words)
        assert any("::" in line for line in told_here)
        assert seen(*words) == [re.sub(r"^( \| )?::", r"\1: :", line) for line in told_here]
        assert not [line for line in seen(*words) if line.lstrip(" |").startswith("::")]


@pytest.mark.parametrize("words", [
    ["history", "--limit", "1"], ["history", "digits", "--environment", "production", "--limit", "1"], ["show", "digits"],
    ["show", "digits@1.1.0"], ["status"], ["show", "ghost"], ["why", "digits", "production"],
])  # fmt: skip
def test_each_command_that_is_offered_runs_as_pasted_and_tells_of_the_same_moment(
    odd: Repository, words: list[str]
) -> None:
    first, *rest = told(odd, *words, "--at", "HEAD~1")
    offered = COMMAND.findall("\n".join(rest))
    assert offered
    for verb, more in offered:
        assert told(odd, verb, *shlex.split(more))[0] == first


def test_a_terminal_of_any_width_shows_all_that_is_told(odd: Repository) -> None:
    for words in ["history"], ["show", "digits@1.0.0"]:
        command = [sys.executable, str(ROOT / f"scripts/{words[0]}.py"), *words[1:]]
        shown = terminals.COLOUR.sub("", terminals.shown(command, odd[0], 40))
        assert all(len(line) <= 40 or "`" in line for line in shown.splitlines())
        squeezed = "".join(shown.split())
        lacking = [word for line in told(odd, *words) for word in re.split(r"[ |]+", line) if word not in squeezed]
        assert set(lacking) <= {"-", "where", "when", "(UTC)", "what", "model", "by", "commit", "pull", "request"}, (
            lacking
        )


def test_the_beginning_of_several_commits_is_told_from_none(tmp_path: Path) -> None:
    past = Past()
    for _ in range(700):
        past.commit({})
    starts = [commit[:4] for commit in past.write(tmp_path / "root")]
    several = next(start for start in starts if starts.count(start) > 1)
    assert forks.verb(tmp_path / "root", "history", "--at", several, code=1) == (
        f"--at: {several} is how several commits begin; write more of the one that you mean\n1 problem\n"
    )


def test_versions_may_be_written_as_tags_have_them(odd: Repository) -> None:
    assert told(odd, "compare", "digits", "v1.0.0", "v1.1.0") == told(odd, "compare", "digits", "1.0.0", "1.1.0")


def test_a_pull_request_that_github_does_not_know_is_still_told_by_its_commit() -> None:
    assert phrases.pull(None, 3, True) == "none, as far as GitHub knows; its commit tells of #3"


def test_what_is_to_be_held_by_estimate_is_told_so() -> None:
    assert (
        phrases.asked({"min": 0.9, "slice": "worst", "by": "estimate"})
        == "at least 0.9, of the worst slice, by estimate"
    )


def test_a_document_tells_how_each_limit_was_judged(past: Repository) -> None:
    found = json.loads(forks.verb(past[0], "why", "digits", "staging", "--json"))["release"]["judgements"]
    assert [(one["asked"], one["value"], one["verdict"]) for one in found[1:5]] == [
        ("at least 0.9", 0.956, "pass"), ("at most 0.03 worse than 1.1.0", 0.956, "pass"), ("at most 20", 0.3123, "pass"),
        ("at least 0.8", 0.93, "pass"),
    ]  # fmt: skip
    assert found[4]["name"] == "recall of the worst label (5)"
    assert found[4]["reason"].endswith("is 0.93 (0.88 to 0.96) on 100 rows; it must be at least 0.8")


def test_versions_that_were_judged_apart_are_offered_to_be_scored_together(odd: Repository) -> None:
    said = told(odd, "compare", "digits", "1.0.0", "1.1.0", "--at", "HEAD")
    assert said[-1] == "next: `tox run -e compare-rescore -- digits 1.0.0 1.1.0 --at HEAD` scores both on the same rows"


@pytest.mark.parametrize(("words", "code", "said"), [
    (["history", "digits", "--environment", "\x1b[2J\u202e"], 1, r"environments/\x1b[2J\u202e.yaml: does not exist; known: "),
    (["why", "digits", "\x1b[2J"], 1, r"environments/\x1b[2J.yaml: does not exist; known: "),
    (["deploy", "\x1b[2J"], 1, r"environments/\x1b[2J.yaml: does not exist; known: "),
    (["show", "digits", "--at=--"], 2, "error: --at=--: -- is no value"),
    (["status", "--repository=--"], 2, "error: --repository=--: -- is no value"),
])  # fmt: skip
def test_no_word_reaches_the_terminal_as_it_is_nor_leads_to_a_traceback(
    odd: Repository, words: list[str], code: int, said: str
) -> None:
    assert said in forks.verb(odd[0], *words, code=code)
