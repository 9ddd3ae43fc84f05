"""The words of promotions: the plan, why, what it means for users, how to undo it; each once, and nothing is guessed."""

import pytest
from hostile import HOSTILE, hostile
from rendering import check
from samples import COMMIT, SITE, better, first, release, report, sure, worse

from registry.environments.reconcile import Change
from registry.formats.markdown import duration
from registry.pulls import comments, proposals
from registry.pulls.comments import Checked
from registry.pulls.effects import Plan
from registry.pulls.grounds import History, Pull, Stay
from registry.specs.fingerprints import Difference

UP = Change("change", "digits", "1.0.0", "1.1.0")
NEW = Change("add", "digits", None, "1.1.0")
EVIDENCE = {"accuracy": {"kind": "share", "count": 956, "rows": 1000}, "size_mb": {"kind": "exact"}}
SURE = report(
    evidence=EVIDENCE,
    incumbent={
        "version": "1.0.0", "metrics": {"accuracy": 0.951, "log_loss": 0.1601}, "reason": None,
        "evidence": {"accuracy": {"kind": "paired", "better": 15, "worse": 10, "rows": 1000}},
    },
)  # fmt: skip
RELEASES = {"digits@v1.0.0": release(first()), "digits@v1.1.0": release(SURE)}
PAST = History(
    commit=COMMIT,
    pull=Pull(12, "train longer", "ada"),
    since="digits@v1.0.0",
    differences=[
        Difference("training.epochs", "5", "8"),
        Difference("thresholds.accuracy.min", "0.9", "0.92"),
    ],
    stay=Stay("staging", "26 November 2026, 14:03 UTC", 3 * 86400 + 5, Pull(13, "promote digits@v1.1.0 to staging", "bot")),
)  # fmt: skip
UNKNOWN = History(COMMIT, None, None, None, None)


def test_a_promotion_says_what_it_deploys_why_what_that_means_and_how_to_undo_it() -> None:
    body = proposals.body(Plan("production", [UP], RELEASES), PAST, site=SITE, waits=False)
    check(body)
    pulls = "https://github.com/team/models/pull"
    assert body.startswith(
        "> [!WARNING]\n> **cannot tell whether digits 1.1.0 passes, and it is not told apart from 1.0.0"
    )
    assert (
        "\n\nMerging this deploys to production:\n\n"
        "```diff\n@@ production @@\n- digits   1.0.0\n+ digits   1.1.0\n```\n\n"
        "## Why\n\n"
        "- [`digits@v1.1.0`](https://github.com/team/models/releases/tag/digits@v1.1.0) was made by"
        f" [pull request 12]({pulls}/12) of ada, “train longer”.\n"
        f"- staging has pinned it for 3 days, since 26 November 2026, 14:03 UTC, by [pull request 13]({pulls}/13).\n\n"
        "Since `digits@v1.0.0` this changed:\n\n"
        "- `training.epochs`: `5` → `8`\n- `thresholds.accuracy.min`: `0.9` → `0.92`\n\n"
        "## For users\n\n"
        "Inputs and outputs stay the same: clients need no change.\n\n"
        "| metric | new | old (1.0.0), change | asked |\n"
    ) in body
    assert (
        "\n\n<details>\n<summary>other metrics</summary>\n\n"
        "| metric | new | old (1.0.0), change |\n| --- | --- | --- |\n"
        "| log_loss | 0.1461 | 0.1601<br>-0.014, better |\n"
    ) in body
    assert "runs with" not in body
    assert body.endswith(
        "## How to undo it\n\n"
        "Press Revert on this pull request once it is merged, and merge that; or run the workflow `promote` with the"
        " version 1.0.0; or `tox run -e promote -- digits production --version 1.0.0`.\n"
    )


def test_a_version_is_held_against_the_one_that_it_replaces_and_no_other() -> None:
    """1.2.0 is better than 1.1.0: going back to that is no improvement, whatever 1.1.0 was better than."""
    known = better(incumbent=better()["incumbent"] | {"version": "1.0.0"}, version="1.1.0")
    releases = {f"digits@v{one['version']}": release(one) for one in (first(), known, sure(right=971))}
    told = {old: Plan("production", [Change("change", "digits", old, "1.1.0")], releases) for old in ("1.0.0", "1.2.0")}
    for old, headline in {
        "1.0.0": "> [!TIP]\n> **digits 1.1.0 passes, and is better than 1.0.0**: accuracy 0.968 (0.958 to 0.976), 1.6 points more",
        "1.2.0": "> [!NOTE]\n> **digits 1.1.0 passes**: accuracy 0.968 (0.958 to 0.976), 0.3 points less than 1.2.0 as recorded,"
                 " by estimate",
    }.items():  # fmt: skip
        pages = proposals.body(told[old], UNKNOWN, waits=False), comments.comment(Checked(plans=[told[old]]))
        assert [page.startswith(headline) for page in pages] == [True, True]
        assert all("recall of the worst label (5)" in page for page in pages)
        assert all(("-0.03 (-0.07 to 0.01)" in page) == (old == "1.0.0") for page in pages)


def test_what_stays_as_it_was_is_said_in_words() -> None:
    releases = {f"digits@v{number}": release(better(version=number)) for number in ("1.2.0", "1.3.0")}
    plan = Plan("production", [Change("change", "digits", "1.3.0", "1.2.0")], releases)
    body = proposals.body(plan, History(COMMIT, None, "digits@v1.3.0", [], None), waits=False)
    assert "accuracy 0.968 (0.958 to 0.976), the same as 1.3.0 as recorded, by estimate\n" in body
    assert "| 0.968<br>the same |" in body
    assert "\n\nSince `digits@v1.3.0` nothing of the recipe or the thresholds changed.\n\n" in body


def test_of_several_versions_each_has_its_verdict_and_the_worst_the_colour() -> None:
    releases = {f"{one['model']}@v1.2.0": release(one) for one in (better(model="a"), worse(model="b"))}
    plan = Plan("staging", [Change("add", name, None, "1.2.0") for name in "ab"], releases)
    page = comments.comment(Checked(plans=[plan]))
    assert page.startswith("> [!IMPORTANT]\n> **staging: 2 changes**\n\n")
    assert "#### a 1.2.0, new here\n\n> [!TIP]\n> **a 1.2.0 passes, and is better than 1.1.0**" in page
    assert "#### b 1.2.0, new here\n\n> [!IMPORTANT]\n> **b 1.2.0 passes, but is worse than 1.1.0**" in page


def test_what_is_not_known_is_left_out() -> None:
    body = proposals.body(Plan("staging", [NEW]), UNKNOWN, waits=False)
    assert body == (
        "Merging this deploys to staging:\n\n```diff\n@@ staging @@\n+ digits   1.1.0\n```\n\n"
        f"## Why\n\n- `digits@v1.1.0` was made from `{COMMIT[:12]}`.\n\n"
        "## For users\n\nNothing is known of `digits@v1.1.0`: its release.json could not be read.\n\n"
        "## How to undo it\n\nPress Revert on this pull request once it is merged, and merge that: digits then leaves"
        " staging again. If it is the last model there, run the workflow `deploy` after that, with staging in its field"
        " prune.\n"
    )


def test_without_a_token_a_promotion_says_which_button_to_press() -> None:
    body = proposals.body(Plan("staging", [UP], RELEASES), PAST, waits=True)
    assert (
        "```\n\n**Its checks wait for you**: press “Approve workflows to run” below. GitHub asks because a workflow opened"
        " this pull request; with the token of an App or a person as `REGISTRY_TOKEN` it would not.\n\n## Why\n\n"
    ) in body


def test_a_promotion_and_a_rollback_are_named_for_what_they_are() -> None:
    assert proposals.title(Plan("staging", [NEW], RELEASES)) == "promote digits@v1.1.0 to staging"
    back = Plan("production", [Change("change", "digits", "1.10.0", "1.9.0")])
    assert proposals.title(back) == "roll production back to digits@v1.9.0"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "a minute"), (119, "a minute"), (120, "2 minutes"), (7199, "119 minutes"), (7200, "2 hours"),
     (2 * 86400 - 1, "47 hours"), (2 * 86400, "2 days"), (400 * 86400, "400 days"), (800 * 86400, "2 years")],
)  # fmt: skip
def test_how_long_it_ran_is_told_in_the_largest_unit_of_which_there_are_two(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize("value", HOSTILE)
def test_no_words_of_others_break_out_of_a_promotion(value: str) -> None:
    pull = Pull(12, value, value[:30])
    past = History(COMMIT, pull, "digits@v1.0.0", [Difference(value, value, value)], None)
    plan = Plan("staging", [UP], RELEASES | {"digits@v1.1.0": release(hostile(value))}, {"digits@v1.1.0": value})
    check(proposals.body(plan, past, site=SITE, waits=True))
