"""The comment on a pull request: what it says, and that nothing makes it say anything else."""

import pytest
import samples
from hostile import HOSTILE, hostile, hostile_evidence, huge
from rendering import check
from samples import COMMIT, SITE, TAR, first, release, report

from registry.environments.reconcile import Change
from registry.formats import markdown
from registry.formats.charts import mermaid, told
from registry.formats.markdown import COMMENT_LIMIT, Section
from registry.judging import verdicts
from registry.pulls import comments, effects
from registry.pulls.comments import Checked, Job, Judged
from registry.pulls.effects import Plan
from registry.showing import plots

RUN = "https://github.com/team/models/actions/runs/7"
UP = Change("change", "digits", "1.0.0", "1.1.0")
RELEASES = {"digits@v1.0.0": release(first()), "digits@v1.1.0": release(report())}
NOTHING = "This can't be merged: the gate fails, and nothing is published."
OPENING = "Merging publishes `digits@v1.1.0` from these bytes"


def said(**facts: object) -> str:
    page = comments.comment(Checked(**({"pull": 12, "commit": COMMIT, "run": RUN} | facts)), SITE)
    check(page)
    assert len(page) <= COMMENT_LIMIT
    return page


def failing(**facts: object) -> dict:
    return report(metrics={"accuracy": 0.7, "log_loss": 0.1, "latency_ms": 1, "size_mb": 1}, **facts)


def test_one_model_reads_from_the_verdict_to_how_to_reproduce_it() -> None:
    made = samples.worse()
    drawn = [f"{mermaid(chart)}\n\n{told(chart)}\n\n" for chart in plots.charts(made)]
    assert said(reports=[made], first=["staging"]) == (
        "> [!IMPORTANT]\n"
        "> **digits 1.2.0 passes, but is worse than 1.1.0**: accuracy 0.955 (0.943 to 0.965), 0.8 points less\n\n"
        "Merging publishes `digits@v1.2.0` from these bytes, then opens a PR to pin it in staging.\n\n"
        "| metric | new | old (1.1.0), change | asked |\n"
        "| --- | --- | --- | --- |\n"
        "| **✓** accuracy | 0.955<br>0.943 to 0.965 | 0.963<br>-0.008, worse (-0.015 to -0.001)"
        " | ≥ 0.9<br>≤ 0.03 worse |\n"
        "| **✓** recall of the worst label (5) | 0.93<br>0.88 to 0.96 | 0.96<br>-0.03 (-0.07 to 0.01) | ≥ 0.8 |\n"
        "| **✓** latency, ms | 0.312<br>0.279 to 0.345 | 0.301<br>+0.011 (-0.022 to 0.044) | ≤ 20 |\n"
        "| **✓** size, MB | 1.823 | 1.8<br>+0.023, worse | ≤ 10 |\n\n"
        "Lost most: label 5: recall 0.93 against 0.96 on 100 rows, 3 points less (-7 to 1).\n\n"
        "#### What changed\n\n"
        "| since `digits@v1.1.0` | before | now |\n"
        "| --- | --- | --- |\n"
        "| `helper.py` | - | new |\n"
        "| `model.py` | there | changed |\n"
        "| `training.epochs` | `5` | `8` |\n\n"
        "<details>\n<summary>other metrics</summary>\n\n"
        "| metric | new | old (1.1.0), change |\n"
        "| --- | --- | --- |\n"
        "| log_loss | 0.146<br>0.113 to 0.179 | 0.150<br>-0.004 (-0.021 to 0.012) |\n"
        "| recall | 0.955<br>0.937 to 0.973 | - |\n\n"
        "</details>\n\n"
        "<details>\n<summary>slices</summary>\n\n"
        "| slice | recall | old (1.1.0), change | rows |\n"
        "| --- | --- | --- | --- |\n"
        "| label 5 | 0.93<br>0.88 to 0.96 | 0.96<br>-0.03 (-0.07 to 0.01) | 100 |\n"
        "| label 2 | 0.94<br>0.89 to 0.97 | 0.96<br>-0.020 (-0.052 to 0.012) | 100 |\n"
        "| label 7 | 0.94<br>0.89 to 0.97 | 0.96<br>-0.020 (-0.052 to 0.012) | 100 |\n"
        "| label 3 | 0.95<br>0.90 to 0.98 | 0.96<br>-0.010 (-0.038 to 0.018) | 100 |\n"
        "| label 8 | 0.95<br>0.90 to 0.98 | 0.96<br>-0.010 (-0.038 to 0.018) | 100 |\n"
        "| label 6 | 0.960<br>0.914 to 0.982 | 0.960<br>0.000 (-0.023 to 0.023) | 100 |\n"
        "| label 9 | 0.960<br>0.914 to 0.982 | 0.960<br>0.000 (-0.023 to 0.023) | 100 |\n"
        "| label 4 | 0.970<br>0.927 to 0.988 | 0.960<br>+0.010 (-0.018 to 0.038) | 100 |\n"
        "| label 0 | 0.980<br>0.941 to 0.993 | 0.960<br>+0.020 (-0.012 to 0.052) | 100 |\n"
        "| label 1 | 0.990<br>0.956 to 0.998 | 0.960<br>+0.03 (-0.01 to 0.07) | 100 |\n\n"
        "</details>\n\n"
        f"<details>\n<summary>plots</summary>\n\n{''.join(drawn)}</details>\n\n"
        "<details>\n<summary>cross-validation</summary>\n\n"
        "| metric over 3 folds | mean | standard deviation |\n"
        "| --- | --- | --- |\n"
        "| accuracy | 0.950 | 0.010 |\n\n"
        "</details>\n\n"
        "<details>\n<summary>calibration</summary>\n\n"
        "| sure by | promised | was right | rows |\n"
        "| --- | --- | --- | --- |\n"
        "| 0.4 to 0.5 | 0.45 | 0.4 | 20 |\n"
        "| 0.5 to 0.6 | 0.55 | 0.5 | 30 |\n"
        "| 0.6 to 0.7 | 0.65 | 0.7 | 40 |\n"
        "| 0.7 to 0.8 | 0.75 | 0.7 | 60 |\n"
        "| 0.8 to 0.9 | 0.85 | 0.88 | 150 |\n"
        "| 0.9 to 1 | 0.95 | 0.99 | 700 |\n\n"
        "</details>\n\n"
        "<details>\n<summary>confusion: which class was taken for which</summary>\n\n"
        "| is | taken for | rows |\n| --- | --- | --- |\n| 1 | 0 | 2 of 99 |\n| 0 | 1 | 1 of 101 |\n\n</details>\n\n"
        "<details>\n<summary>how sure the gate is</summary>\n\n"
        "- 1000 held-out rows\n"
        "- accuracy is 0.955 against 0.112 of always answering 1, a change of 0.843 (0.822 to 0.861); it must be better\n"
        "- test_blank_is_no_seven passed\n"
        "- the gate refused all of 6 planted candidates\n"
        "- accuracy: a drop of 3 points is stopped 95 times in 100"
        " (no drop 1, 1.5 points 30, 6 points 99, 9 points 100)\n\n"
        "</details>\n\n"
        "<details>\n<summary>reproduce it</summary>\n\n"
        "```sh\ngit fetch origin pull/12/head && git checkout FETCH_HEAD && tox run -e build -- digits\n```\n\n"
        f"On the same kind of machine (x86_64) it gives weights with the SHA-256 `{'77' * 32}`.\n\n"
        f"The artifact, whose bytes are published, has the SHA-256 `{TAR}`.\n\n"
        "</details>\n\n"
        f"This is about [`{COMMIT[:12]}`]({SITE.commit(COMMIT)})."
        f" The whole report is in the summary of [the run]({RUN}).\n"
    )


def test_a_report_that_is_older_than_evidence_is_told_by_its_values() -> None:
    page = said(reports=[report()], first=["staging"])
    assert page.startswith(
        "> [!NOTE]\n> **digits 1.1.0 passes**: accuracy 0.956, 0.5 points more than 1.0.0, by estimate\n\n"
        f"{OPENING}, then opens a PR to pin it in staging.\n\n"
        "| metric | new | old (1.0.0), change | asked |\n"
        "| --- | --- | --- | --- |\n"
        "| **✓** accuracy | 0.956 | 0.951<br>+0.005, better | ≥ 0.9<br>≤ 0.01 worse |\n"
        "| **✓** recall of the worst label (2) | 0.94 | - | ≥ 0.8 |\n\n"
        "#### What changed\n\n"
    )
    assert "| log_loss | 0.1461 | 0.1601<br>-0.014, better |\n| latency, ms | 0.31 | - |\n" in page


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, f"{OPENING}."),
        ({"first": ["a", "b"]}, f"{OPENING}, then opens PRs to pin it in a and b."),
        (
            {"first": ["staging"], "fork": True},
            "Merging trains it again, since these bytes come from a fork, publishes `digits@v1.1.0` if that passes,"
            " then opens a PR to pin it in staging.",
        ),
        ({"reports": [failing()]}, NOTHING),
        ({"failed": [Job("tests", "failure")]}, NOTHING),
    ],
)
def test_it_says_what_merging_will_do(facts: dict, expected: str) -> None:
    assert f"\n\n{expected}\n\n" in said(**({"reports": [report()]} | facts))


def test_whoever_reproduces_a_fork_is_warned() -> None:
    warning = "It runs the code of a fork on your machine: read it first."
    assert warning in said(reports=[report()], fork=True)
    assert warning not in said(reports=[report()])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "Merging publishes 2 versions from these bytes, then opens a PR for each to pin it in staging."),
        (
            {"fork": True},
            "Merging trains them again, since these bytes come from a fork, publishes 2 versions as far as they pass,"
            " then opens a PR for each to pin it in staging.",
        ),
        ({"reports": [report("a"), failing(model="b")]}, NOTHING),
    ],
)
def test_of_several_models_it_says_once_what_merging_will_do(facts: dict, expected: str) -> None:
    page = said(**({"reports": [report("a"), report("b")], "first": ["staging"]} | facts))
    assert page.count("erging") + page.count("be merged") == 1
    assert page.splitlines()[3] == expected


def test_several_models_begin_with_the_worst_and_say_how_each_is_to_the_version_before() -> None:
    page = said(reports=[samples.better(model="a"), samples.failing(model="b"), samples.undecided(model="c"),
                         samples.worse(model="d"), samples.first(model="e")])  # fmt: skip
    lines = page.splitlines()
    assert lines[:2] == ["> [!CAUTION]", "> **5 models: 1 fail, 1 cannot tell, 3 pass**"]
    assert lines[5:12] == [
        "| model | because |",
        "| --- | --- |",
        "| **✗** b 1.2.0<br>fail, worse than 1.1.0 | accuracy is 0.902 against 0.964 of 1.1.0, a change of -0.062"
        " (-0.075 to -0.048); it may be at most 0.03 worse than 1.1.0 (and 2 more) |",
        "| **?** c 1.2.0<br>cannot tell, not told apart from 1.1.0 | recall of the worst label (7) is 0.84"
        " (0.77 to 0.89) on 100 rows; it must be at least 0.8, which could be told with about 910 rows |",
        "| **✓** d 1.2.0<br>pass, worse than 1.1.0 | accuracy 0.955 (0.943 to 0.965), 0.8 points less |",
        "| **✓** a 1.2.0<br>pass, better than 1.1.0 | accuracy 0.968 (0.958 to 0.976), 1.6 points more |",
        "| **✓** e 1.0.0<br>pass, the first version | accuracy 0.951 |",
    ]
    told = [(lines[place], lines[place + 2]) for place, line in enumerate(lines) if line.startswith("### ")]
    assert told == [
        ("### b 1.2.0: fail", "> [!CAUTION]"), ("### c 1.2.0: cannot tell", "> [!WARNING]"),
        ("### d 1.2.0: pass", "> [!IMPORTANT]"), ("### a 1.2.0: pass", "> [!TIP]"), ("### e 1.0.0: pass", "> [!TIP]"),
    ]  # fmt: skip


def test_jobs_that_failed_come_first_with_a_link_to_each_log() -> None:
    page = said(failed=[Job("build (spam)", "failure", f"{RUN}/job/8"), Job("tests", "cancelled")])
    assert page.startswith(
        "> [!CAUTION]\n> **2 jobs failed**\n\n"
        "The gate holds this pull request back. Each job's log says what to mend:\n\n"
        "| job | ended with |\n"
        "| --- | --- |\n"
        f"| [build (spam)]({RUN}/job/8) | failure |\n"
        "| tests | cancelled |\n\n"
    )


def test_a_failing_model_s_verdict_comes_first_and_then_what_else_failed() -> None:
    page = said(reports=[failing()])
    assert page.startswith(
        "> [!CAUTION]\n> **digits 1.1.0 fails**: accuracy 0.7, 25 points less than 1.0.0, by estimate\n>\n"
        "> - accuracy is 0.7; it must be at least 0.9\n"
        "> - accuracy is 0.7 against 0.951 of 1.0.0; it may be at most 0.01 worse than 1.0.0\n\n"
    )
    assert "The gate holds" not in page
    page = said(reports=[failing()], failed=[Job("build (digits-2)", "failure", f"{RUN}/job/8")])
    assert page.startswith("> [!CAUTION]\n> **1 job failed**\n>\n> **digits 1.1.0 fails**: ")
    assert "\n\nThe gate holds this pull request back." in page


def test_changed_thresholds_say_what_would_fail_and_where_it_runs() -> None:
    judgements = verdicts.judge(first(), {"accuracy": {"min": 0.99}}, "classification")
    assert said(judged=[Judged("digits", "1.0.0", judgements, ["staging", "production"])], run=None).startswith(
        "> [!WARNING]\n> **digits 1.0.0: fail by its new thresholds**\n\n"
        "### digits: thresholds\n\n"
        "`digits@v1.0.0` would no longer be released. It runs in staging and production."
        " Nothing is trained or published, and what runs keeps running.\n\n"
        "| metric | recorded | asked |\n"
        "| --- | --- | --- |\n"
        "| **✗** accuracy | 0.951 | ≥ 0.99 |\n"
        "| **✓** held-out rows | 1,000 | ≥ 30 |\n\n"
    )


def test_changed_pins_say_what_changes_for_the_users_of_each_model() -> None:
    changes = [UP, Change("remove", "old", "1.0.0", None), Change("add", "spam", None, "2.0.0")]
    assert said(plans=[Plan("staging", changes, RELEASES)], commit=None, run=None) == (
        "> [!NOTE]\n> **staging: 3 changes**\n\n"
        "### staging\n\n"
        "Merging deploys this:\n\n"
        "```\nstaging\n  ~ digits   1.0.0 → 1.1.0\n  - old      1.0.0\n  + spam     2.0.0\n```\n\n"
        f"#### digits [1.0.0]({SITE.release('digits@v1.0.0')}) → [1.1.0]({SITE.release('digits@v1.1.0')})\n\n"
        "> [!NOTE]\n> **digits 1.1.0 passes**: accuracy 0.956, 0.5 points more than 1.0.0, by estimate\n\n"
        "Inputs and outputs stay the same: clients need no change.\n\n"
        "| metric | new | old (1.0.0), change | asked |\n"
        "| --- | --- | --- | --- |\n"
        "| **✓** accuracy | 0.956 | 0.951<br>+0.005, better | ≥ 0.9<br>≤ 0.01 worse |\n"
        "| **✓** recall of the worst label (2) | 0.94 | - | ≥ 0.8 |\n\n"
        "<details>\n<summary>other metrics</summary>\n\n"
        "| metric | new | old (1.0.0), change |\n"
        "| --- | --- | --- |\n"
        "| log_loss | 0.1461 | 0.1601<br>-0.014, better |\n"
        "| latency, ms | 0.31 | 0.29<br>+0.022 |\n"
        "| size, MB | 1.823 | 1.8<br>+0.023, worse |\n\n"
        "</details>\n\n"
        f"#### old [1.0.0]({SITE.release('old@v1.0.0')}), removed\n\n"
        "Requests for old get no answer in staging any more.\n\n"
        f"#### spam [2.0.0]({SITE.release('spam@v2.0.0')}), new here\n\n"
        "Nothing is known of `spam@v2.0.0`: its release.json could not be read.\n"
    )


def test_other_inputs_are_said_before_anything_else() -> None:
    moved = report(outputs=[], incumbent=None, data=first()["data"] | {"holdout": 0.3})
    page = said(plans=[Plan("staging", [UP], RELEASES | {"digits@v1.1.0": release(moved)})])
    assert "\n\n**outputs differ**: clients must change together with this.\n\n" in page
    assert "|  | 1.0.0 | 1.1.0 |\n| --- | --- | --- |\n| outputs | `output_0` float32 rows×10 | - |\n\n" in page
    assert "\n\nEach was judged on its own data, which is not the same:" in page


def test_versions_are_compared_on_the_rows_that_neither_was_trained_on() -> None:
    on_fewer = {"metrics": {"accuracy": 0.9}, "candidate": {"accuracy": 0.92}, "rows": 400}
    moved = report(incumbent={"version": "1.0.0", "reason": None} | on_fewer)
    page = said(plans=[Plan("staging", [UP], RELEASES | {"digits@v1.1.0": release(moved)})])
    assert "| **✓** accuracy | 0.956 | 0.9<br>+0.02, better |" in page


def test_a_pin_of_a_withdrawn_version_is_warned_of() -> None:
    page = said(plans=[Plan("staging", [UP], RELEASES, {"digits@v1.1.0": "mistakes 7 for 1"})])
    assert "\n\n**`digits@v1.1.0` is withdrawn**: mistakes 7 for 1\n\n" in page


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (effects.NEW, "This environment is new."),
        (effects.GONE, "Nothing is deployed there any more; what runs there keeps running until somebody stops it."),
        (effects.OTHER, "The environment's own file changes: what it is, and not only what it runs."),
    ],
)
def test_what_becomes_of_an_environment_itself_is_told(fate: str, told: str) -> None:
    page = said(plans=[Plan("qa", [], fate=fate)], commit=None, run=None)
    assert page == f"> [!NOTE]\n> **qa: {fate}**\n\n### qa\n\n{told}\n"
    page = said(plans=[Plan("qa", [UP], RELEASES, fate=fate, warning="mind the `gap`")])
    assert page.startswith(f"> [!WARNING]\n> **qa: {fate}, 1 change**\n\n### qa\n\nMerging deploys this:\n\n```\n")
    assert f"```\n\n{told}\n\n**mind the \\`gap\\`**\n" in page


def test_what_was_too_much_to_be_read_is_told() -> None:
    page = said(left_out=["3 of 303 reports", "1 of 301 pins"], commit=None, run=None)
    assert page.endswith("**Not read, since there is too much**: 3 of 303 reports and 1 of 301 pins.\n")


def test_nothing_to_do_is_said_too() -> None:
    assert said(commit=None, run=None) == "> [!NOTE]\n> **nothing to build or deploy**\n"


@pytest.mark.parametrize("value", HOSTILE)
def test_no_report_can_break_out_of_the_comment(value: str) -> None:
    made = hostile(value)
    plan = Plan("staging", [UP], RELEASES | {"digits@v1.1.0": release(made)}, {"digits@v1.1.0": value})
    judgements = verdicts.judge(made, {"recall": {"min": 1, "slice": "worst"}}, "classification")
    judged = [Judged("digits", "1.0.0", judgements, [])]
    said(reports=[made, made], plans=[plan], judged=judged, failed=[Job(value, value, value)])
    said(reports=[hostile_evidence(value)])


def test_hundreds_of_models_fit_into_one_comment_and_little_is_made_that_has_to_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Section] = []
    monkeypatch.setattr(comments, "fit", lambda parts, limit: made.extend(parts) or markdown.fit(made, limit))
    reports = [report(f"m{number}") for number in range(500)] + [failing(model="bad"), huge()]
    plan = Plan("staging", [Change("change", f"m{number}", "1.0.0", "1.1.0") for number in range(500)])
    page = said(reports=reports, plans=[plan], failed=[Job("build (m1)", "failure")] * 500)
    assert page.startswith(
        "> [!CAUTION]\n> **502 models: 2 fail, 500 pass; 500 jobs failed; staging: 500 changes**\n\n"
    )
    assert page.index("| **✗** bad 1.1.0<br>fail |") < page.index("| **✓** m0 1.1.0<br>pass |")
    assert "\n\n### bad 1.1.0: fail\n\n" in page
    assert page.splitlines()[-1].startswith("Left out to keep within 65,489 characters: plots (100), ")
    assert max(len(part.text) for part in made) < COMMENT_LIMIT / 2
    assert sum(len(part.text) for part in made) < 2000 * len(reports)
