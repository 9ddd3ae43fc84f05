"""The one comment on a pull request: what its checks found, and what merging it will do. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from registry import versions
from registry.formats.markdown import (
    COMMENT_LIMIT,
    Section,
    code,
    details,
    fence,
    fit,
    link,
    listed,
    table,
    text,
)
from registry.github.sites import Site
from registry.judging import sections, verdicts
from registry.judging.rejudging import Judged
from registry.judging.verdicts import CANNOT_TELL, FAIL, PASS
from registry.pulls import effects, examination
from registry.pulls.effects import Plan

MARKER = "<!-- model registry: what the checks found -->"
LIMIT = COMMENT_LIMIT - len(MARKER) - 1
MOST_MODELS, MOST_WORDS = 100, 8
FATES = {
    effects.NEW: "This environment is new.",
    effects.GONE: "Nothing is deployed there any more; what runs there keeps running until somebody stops it.",
    effects.OTHER: "The environment's own file changes: what it is, and not only what it runs.",
}


@dataclass(frozen=True)
class Job:
    """A job of the checks that did not succeed: its name, how it ended, and the address of its log."""

    name: str
    conclusion: str
    address: str | None = None


@dataclass(frozen=True)
class Checked:
    """What a run of the checks found.

    `left_out` names what was too much to be read, `removed` the models that go, `first` the environments where a new
    version goes first. `examinations` names what changes of each model's examination, `judges` the files that judge
    all. `unreleased` and `undeployed` say why merging does neither, `fork` that the branch is somebody else's, `pull`
    is the pull request's number, `commit` what was looked at, `run` the address of the run.
    """

    reports: Sequence[Mapping] = ()
    judged: Sequence[Judged] = ()
    plans: Sequence[Plan] = ()
    failed: Sequence[Job] = ()
    removed: Sequence[str] = ()
    left_out: Sequence[str] = ()
    examinations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    judges: Sequence[str] = ()
    unreleased: str = ""
    undeployed: str = ""
    first: Sequence[str] = ()
    fork: bool = False
    pull: int | None = None
    commit: str | None = None
    run: str | None = None


def comment(checked: Checked, site: Site | None = None) -> str:
    """Return the comment's Markdown below its marker, at most as long as GitHub takes."""
    worst = (FAIL, CANNOT_TELL, PASS)
    reports = sorted(checked.reports, key=lambda report: (worst.index(report["verdict"]), report["model"]))
    parts = [
        Section("headline", f"## {_headline(checked)}", 100),
        Section("what changes of the judging", examination.told(checked.examinations, checked.judges), 99),
        Section("jobs that failed", _failed(checked.failed), 95),
        Section("what was not read", _left_out(checked.left_out), 94),
        Section("models", _overview(reports), 90),
        Section("what merging does", _merging(checked) if len(reports) > 1 else "", 92),
        *(part for report in reports for part in _model(report, checked)),
        *(part for judged in checked.judged for part in _judged(judged)),
        *(part for plan in checked.plans for part in _plan(plan, site, checked.undeployed)),
        Section("models that go", _removed(checked.removed), 85),
        Section("origin", _footer(checked, site), 95),
    ]
    return fit(parts, LIMIT)


def _headline(checked: Checked) -> str:
    """Return the verdict, before anything else."""
    judged = [f"{text(one.model)} {one.version}: {one.verdict} by its new thresholds" for one in checked.judged]
    names = [f"{text(one['model'])} {one['version']}: {one['verdict']}" for one in checked.reports]
    verdicts = [report["verdict"] for report in checked.reports]
    counts = [f"{verdicts.count(one):,} {one}" for one in (FAIL, CANNOT_TELL, PASS) if one in verdicts]
    found = names if len(names) < 2 else [f"{_count(len(names), 'model')}: {', '.join(counts)}"]
    failed = [f"{_count(len(checked.failed), 'job')} failed"] if checked.failed else []
    gone = [f"{text(model)}: is removed" for model in checked.removed]
    plans = [f"{text(plan.environment)}: {_change(plan)}" for plan in checked.plans]
    parts = [*found, *judged, *failed, *gone, *plans]
    return "; ".join([*parts[:MOST_WORDS], *(["…"] if len(parts) > MOST_WORDS else [])]) or "nothing to build or deploy"


def _change(plan: Plan) -> str:
    return ", ".join(filter(None, (plan.fate, _count(len(plan.changes), "change") if plan.changes else "")))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _failed(jobs: Sequence[Job]) -> str:
    if not jobs:
        return ""
    rows = [(link(text(job.name, 100), job.address), text(job.conclusion)) for job in jobs]
    found = table(("job", "ended with"), rows, MOST_MODELS)
    return f"The gate holds this pull request back. Each job's log says what to mend:\n\n{found}"


def _left_out(those: Sequence[str]) -> str:
    return f"**Not read, since there is too much**: {listed(list(those))}." if those else ""


def _overview(reports: Sequence[Mapping]) -> str:
    if len(reports) < 2:
        return ""
    rows = [
        (text(report["model"]), report["version"], report["verdict"], sections.requirement(report))
        for report in reports
    ]
    return table(("model", "version", "verdict", "because"), rows, MOST_MODELS)


def _model(report: Mapping, checked: Checked) -> list[Section]:
    name = f"{text(report['model'])} {report['version']}"
    several = len(checked.reports) > 1 or checked.judged or checked.plans or checked.failed
    title = f"### {name}: {report['verdict']}\n\n" if several else ""
    validated = sections.cross_validation(report)
    drawn = sections.plots(report)
    return [
        Section("verdicts", f"{title}{sections.because(report)}", 80),
        Section("metrics", sections.metrics(report), 70),
        Section("what merging does", "" if len(checked.reports) > 1 else _merging(checked), 75),
        Section("what changed", f"#### What changed\n\n{sections.changes(report, 30)}", 60),
        Section("cross-validation", details("cross-validation", validated) if validated else "", 30),
        Section("plots", details("plots", drawn) if drawn else "", 20),
        Section("how to reproduce it", details("reproduce it", _reproduce(report, checked)), 40),
    ]


def _merging(checked: Checked) -> str:
    """Return what merging will do."""
    if not checked.reports:
        return ""
    if checked.failed or any(report["verdict"] != PASS for report in checked.reports):
        return "This can't be merged: the gate fails, and nothing is published."
    if checked.unreleased:
        return f"Merging publishes nothing: {text(checked.unreleased, 500)}."
    one = checked.reports[0] if len(checked.reports) == 1 else None
    what = code(versions.tag(one["model"], one["version"])) if one else _count(len(checked.reports), "version")
    pins = "PRs" if len(checked.first) > 1 else "a PR"
    to = f"to pin it in {listed(list(checked.first))}"
    then = f", then opens {pins} {to if one else f'for each {to}'}" if checked.first else ""
    if checked.fork:
        them, passing = ("it", "if that passes") if one else ("them", "as far as they pass")
        return f"Merging trains {them} again, since these bytes come from a fork, publishes {what} {passing}{then}."
    digest = f" (SHA-256 {code(one['artifact']['sha256'])})" if one else ""
    return f"Merging publishes {what} from these bytes{digest}{then}."


def _reproduce(report: Mapping, checked: Checked) -> str:
    fetch = f"git fetch origin pull/{checked.pull}/head && git checkout FETCH_HEAD && " if checked.pull else ""
    script = sections.command(f"{fetch}tox run -e build -- {report['model']}")
    machine = text(report["tools"].get("machine", "unknown"), 50)
    weights = code(report["weights_sha256"])
    told = f"On the same kind of machine ({machine}) it gives weights with the SHA-256 {weights}."
    warning = " It runs the code of a fork on your machine: read it first." if checked.fork else ""
    return f"{script}\n\n{told}{warning}"


def _judged(judged: Judged) -> list[Section]:
    tag = code(versions.tag(judged.model, judged.version))
    where = f"It runs in {listed(list(judged.runs_in))}." if judged.runs_in else "No environment runs it."
    said = f"{tag} reaches the new thresholds" if judged.verdict == PASS else f"{tag} would no longer be released"
    told = f"{said}. {where} Nothing is trained or published, and what runs keeps running."
    worst_first = sorted(
        judged.judgements, key=lambda one: (sections.WORST_FIRST.index(one.verdict), one.place[0] != "thresholds")
    )
    rows = [(text(one.name), verdicts.shown(vars(one)), text(one.asked), one.verdict) for one in worst_first]
    return [
        Section("verdicts", f"### {text(judged.model)}: thresholds\n\n{told}", 80),
        Section("metrics", table(("metric", "recorded", "asked", "verdict"), rows), 70),
    ]


def _removed(models: Sequence[str]) -> str:
    if not models:
        return ""
    told = f"Nothing of {listed(list(models))} is trained or released any more, since its spec is removed"
    return f"### Removed\n\n{told}. What is released stays, and what runs keeps running until its pin goes."


def _plan(plan: Plan, site: Site | None, undeployed: str) -> list[Section]:
    title = f"### {text(plan.environment)}\n\n"
    notes = [*([FATES[plan.fate]] if plan.fate else []), *([f"**{text(plan.warning)}**"] if plan.warning else [])]
    if not plan.changes:
        return [Section("plans", f"{title}{' '.join(notes)}", 85)]
    lines = plan.text.splitlines()
    more = [f"  and {len(lines) - MOST_MODELS} more"] if len(lines) > MOST_MODELS else []
    shown = fence("\n".join([*lines[:MOST_MODELS], *more]))
    deploys = f"{_deploying(undeployed)}\n\n{shown}"
    told = [f"#### {effects.headline(change, site)}\n\n{effects.effect(plan, change)}" for change in plan.changes]
    return [
        Section("plans", title + "\n\n".join([deploys, *notes]), 85),
        *(Section("what changes for users", one, 65) for one in told),
    ]


def _deploying(undeployed: str) -> str:
    return (
        f"Merging deploys nothing: {text(undeployed, 500)}. Else it would be:"
        if undeployed
        else "Merging deploys this:"
    )


def _footer(checked: Checked, site: Site | None) -> str:
    commit = checked.commit and link(code(checked.commit[:12]), site and site.commit(checked.commit))
    what = "The whole report is in the summary of" if checked.reports else "See"
    run = f"{what} {link('the run', checked.run)}." if checked.run else ""
    return " ".join(filter(None, (f"This is about {commit}." if commit else "", run)))
