"""What history tells of a past: each release, pin, move, rollback and withdrawal, by whom and when main got it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import forks
import pasts
import pytest
from pasts import Past
from registries import git

from registry.chronicle import record
from registry.formats import schemas
from registry.formats.reader import Document

DAY = 24 * 3600
MARCH = 1_740_787_200  # 1 March 2025
ANNA, BEN = "Anna Ö <anna@example.org>", "Ben\u202e\x1b[31m <ben@example.org>"
SPEC = "models/digits/model.yaml"
FOREIGN = "digits@v9.0.0: is foreign, and never promoted, pinned or compared with: its commit "


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """Digits is released twice and pinned, moved, rolled back by a revert and removed; spam on a branch that is merged."""
    past = Past()
    past.commit(pasts.environments() | {SPEC: "version: 1.0.0\n"}, "begin", MARCH)
    past.release("digits", "1.0.0", 1, MARCH + 60, person=ANNA)
    past.commit(
        pasts.pin("staging", "digits", "1.0.0"), "promote digits@v1.0.0 to staging (#2)", MARCH + DAY, person=ANNA
    )
    past.commit({"models/spam/model.yaml": "version: 0.1.0\n"}, "spam", MARCH - DAY, onto=2, branch="topic", person=BEN)
    past.release("spam", "0.1.0", 3, MARCH - DAY, person=BEN)
    past.commit(
        {"models/spam/model.yaml": "version: 0.1.0\n"}, "Merge pull request #3 from octo/spam\n\nSpam", MARCH + 2 * DAY,
        merged=(3,), person=ANNA,
    )  # fmt: skip
    past.commit({SPEC: "version: 1.1.0\n"}, "better\n::set-output name=a::b", MARCH + 3 * DAY)
    past.release("digits", "1.1.0", 5, MARCH, person="Anna <anna@elsewhere.example>")  # before its commit
    both = pasts.pin("staging", "digits", "1.1.0") | pasts.pin("production", "digits", "1.0.0")
    past.commit(both, f"{10_000 * 'x'} (#4)", MARCH + 4 * DAY, person=BEN)
    past.release("spam", "0.2.0", 6, person=None)
    past.release("spam", "0.3.0", 6, 2**40, person=ANNA)
    past.commit({}, "a clock ahead", 2**40)
    back = pasts.pin("staging", "digits", "1.0.0")
    past.commit(back, f"Revert it\n\nThis reverts commit {40 * 'a'}.", MARCH + 5 * DAY)
    past.tag("digits@v1.1.0!", 5, "reads 7\x1b[2J as 1\n\nmore", MARCH + 5 * DAY + 60)
    past.commit(pasts.pin("production", "digits", None) | {".mailmap": "Annabel <anna@example.org> <anna@elsewhere.example>\n"},
                "take it away", MARCH + 6 * DAY)  # fmt: skip
    past.commit({SPEC: "version: 9.0.0\n"}, "never merged", MARCH + 7 * DAY, onto=9, branch="other")
    past.release("digits", "9.0.0", 10)
    root = tmp_path_factory.mktemp("history") / "root"
    yield root, past.write(root)


def history(start: tuple[Path, list[str]], *words: str, code: int = 0) -> str:
    """Return what history prints, but for what it tells of a foreign tag, which a test of its own looks at."""
    said = forks.verb(start[0], "history", *words, code=code)
    return "".join(line for line in said.splitlines(keepends=True) if not line.startswith(FOREIGN))


def rows(said: str) -> list[list[str]]:
    return [line.split("  ") for line in said.splitlines()]


def test_each_event_has_a_row_newest_first_with_what_where_by_whom_and_on_which_commit(start: tuple) -> None:
    short = [commit[:12] for commit in start[1]]
    said = history(start)
    assert [[cell.strip() for cell in row if cell] for row in rows(said)] == [
        ["when (UTC)", "model", "what", "where", "by", "commit", "pull request"],
        ["2025-03-07 00:00", "digits", "removed 1.0.0", "production", "Someone", short[8], "-"],
        ["2025-03-06 00:01", "digits", r"withdrawn 1.1.0: reads 7\x1b[2J as 1", "-", "Someone", short[4], "-"],
        ["2025-03-06 00:00", "digits", "rolled back 1.1.0 → 1.0.0", "staging", "Someone", short[7], "-"],
        ["2025-03-05 00:00", "spam", "released 0.3.0", "-", "Anna Ö", short[5], "#4"],
        ["2025-03-05 00:00", "spam", "released 0.2.0", "-", "somebody unknown", short[5], "#4"],
        ["2025-03-05 00:00", "digits", "moved 1.0.0 → 1.1.0", "staging", r"Ben\u202e\x1b[31m", short[5], "#4"],
        ["2025-03-05 00:00", "digits", "pinned 1.0.0", "production", r"Ben\u202e\x1b[31m", short[5], "#4"],
        ["2025-03-04 00:00", "digits", "released 1.1.0", "-", "Annabel", short[4], "-"],
        ["2025-03-03 00:00", "spam", "released 0.1.0", "-", r"Ben\u202e\x1b[31m", short[2], "#3"],
        ["2025-03-02 00:00", "digits", "pinned 1.0.0", "staging", "Anna Ö", short[1], "#2"],
        ["2025-03-01 00:01", "digits", "released 1.0.0", "-", "Anna Ö", short[0], "-"],
    ]


def test_few_are_shown_and_how_to_get_the_rest(start: tuple) -> None:
    said = history(start, "digits", "--environment", "staging", "--limit", "1", "--at", "2025-03-06")
    assert said.splitlines()[0] == f"as of 2025-03-06, when main was at {start[1][7][:12]}, of 2025-03-06 00:00 UTC"
    assert said.splitlines()[3:] == [
        "2 more: `tox run -e history -- digits --environment staging --limit 3 --at 2025-03-06`"
    ]
    assert (
        len(history(start, "digits", "--environment", "staging", "--at", "2025-03-06", "--limit", "3").splitlines())
        == 5
    )
    assert history(start, "spam", "--environment", "staging") == "nothing happened: no release, no withdrawal, no pin\n"
    parsed = json.loads(history(start, "--json", "--limit", "2"))
    assert (len(parsed["events"]), parsed["more"], parsed["at"]) == (2, 9, None)


def test_json_holds_all_of_it_as_its_schema_says(start: tuple) -> None:
    parsed = json.loads(history(start, "digits", "--json", "--at", start[1][7]))
    assert schemas.problems(Document("history", parsed, {(): (1, "")}), "history") == []
    assert parsed["at"] == {
        "commit": start[1][7], "time": "2025-03-06T00:00:00Z", "subject": "Revert it", "pull": None, "reverts": 40 * "a",
        "person": {"name": "Someone", "email": "someone@example.org"},
    }  # fmt: skip
    assert parsed["events"][4]["person"] == {"name": "Annabel", "email": "anna@example.org"}
    kinds = [(one["kind"], one["version"], one["before"], one["reverts"], one["reason"]) for one in parsed["events"]]
    assert kinds == [
        ("withdrawn", "1.1.0", None, None, "reads 7\x1b[2J as 1"),
        ("rolled back", "1.0.0", "1.1.0", 40 * "a", None),
        ("moved", "1.1.0", "1.0.0", None, None),
        ("pinned", "1.0.0", None, None, None),
        ("released", "1.1.0", None, None, None),
        ("pinned", "1.0.0", None, None, None),
        ("released", "1.0.0", None, None, None),
    ]


def test_what_a_merged_pull_request_takes_back_is_told_by_the_commit_that_it_brought(tmp_path: Path) -> None:
    past, back = Past(), "Merge pull request #{} from octo/revert-2\n\nRevert \"promote digits\""
    past.commit(pasts.environments() | pasts.pin("staging", "digits", "1.0.0"))
    past.commit(pasts.pin("staging", "digits", "1.1.0"))
    pin = pasts.pin("staging", "digits", "1.0.0")
    side = past.commit(pin, f"Revert \"promote digits\"\n\nThis reverts commit {40 * 'b'}, reversing\nchanges made to {40 * 'c'}.",
                       onto=2, branch="revert-2")  # fmt: skip
    past.commit(pin, back.format(3), onto=2, merged=(side,))
    past.commit(pasts.pin("staging", "digits", "1.1.0"), back.format(4))  # by hand, no merge
    past.write(tmp_path / "root")
    assert [event.moment.reverts for event in record.read(tmp_path / "root").events] == [None, None, 40 * "b", None]


def test_a_foreign_tag_is_told_of_its_model_and_programs_get_their_document_alone(start: tuple) -> None:
    for words in [], ["digits"]:
        (*_, last) = forks.verb(start[0], "history", *words).splitlines()
        assert last.startswith(f"{FOREIGN}{start[1][9][:12]} is not in the history of main here")
    assert FOREIGN not in forks.verb(start[0], "history", "spam")
    assert json.loads(forks.verb(start[0], "history", "digits", "--json"))


@pytest.mark.parametrize(("at", "newest", "count"), [
    ("2025-03-06T00:00:30", "rolled back", 9),
    ("2025-03-06T01:00:30+01:00", "rolled back", 9),
    ("2025-03-05", "released", 8),
    ("2025-03-01", "released", 1),
    ("2025-03-01T00:00:59Z", None, 0),
    ("digits@v1.0.0", "released", 1),
    ("spam@v0.1.0", "released", 3),
    ("HEAD", "removed", 11),
])  # fmt: skip
def test_a_moment_knows_nothing_of_what_came_later(start: tuple, at: str, newest: str | None, count: int) -> None:
    events = record.read(start[0], at).events
    assert (len(events), events[-1].kind if events else None) == (count, newest)


@pytest.mark.parametrize(("words", "said"), [
    (["--at", "2025-02-28"], "--at: 2025-02-28 is before the first commit: main begins at 2025-03-01T00:00:00Z with {0}; "
     "name a later time"),
    (["--at", "2525-01-01"], "--at: 2525-01-01 is still to come; name a time that has been"),
    (["--at", "2025-13-01"], "--at: 2025-13-01 is no time; {how}"),
    (["--at", "nothing\x1b"], r"--at: nothing\x1b is neither a commit here nor a time; {how}"),
    (["--at=--all"], "--at: --all is neither a commit here nor a time; {how}"),
    (["--at", "other"], "--at: other ({9}) never reached main; name a commit of main, or a time"),
    (["digit"], "models/digit: does not exist, and never did; did you mean digits?"),
    (["--environment", "stagin"], "environments/stagin.yaml: does not exist; did you mean staging?"),
])  # fmt: skip
def test_what_cannot_be_told_is_refused_with_what_to_write(start: tuple, words: list[str], said: str) -> None:
    how = "write a date (2026-03-03, which means its end), a time (2026-03-03T14:00, of UTC unless it says +01:00), or a commit"
    told = said.format(*(commit[:12] for commit in start[1]), how=how)
    assert history(start, *words, code=1) == f"{told}\n1 problem\n"


def test_main_is_what_the_clone_and_its_origin_hold_together_whatever_is_checked_out(
    start: tuple, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--no-local", str(start[0]), "clone")
    git(clone, "checkout", "--quiet", "other")
    git(clone, "branch", "--force", "main", start[1][4])
    assert history((clone, []), "--limit", "50") == history(start, "--limit", "50")
    git(clone, "clone", "--quiet", "--depth=1", f"file://{start[0]}", "shallow")
    assert history((clone / "shallow", []), code=1) == (
        ".: is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`\n1 problem\n"
    )


def test_a_repository_without_commits_or_with_main_to_come_has_no_history(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", ".")
    assert history((tmp_path, [])) == "nothing happened: no release, no withdrawal, no pin\n"
    assert history((tmp_path, []), "--at", "2025-01-01", code=1) == (
        "--at: nothing is committed on main yet; leave it out\n1 problem\n"
    )


def test_today_is_now(start: tuple) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert record.read(start[0], today).events == record.read(start[0]).events
