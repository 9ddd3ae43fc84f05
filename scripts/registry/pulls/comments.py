"""The one comment on a pull request: what its checks found, and what merging it will do. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from registry import versions
from registry.formats.markdown import (
    COMMENT_LIMIT,
    Section,
    alert,
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
from registry.judging.rejudging import Judged
from registry.judging.verdicts import PASS
from registry.pulls import effects, examination, prose
from registry.pulls.effects import Plan
from registry.showing import sections, summary, tabular
from registry.showing.summary import BLUE, COLOURS, GREEN, RED, YELLOW, Summary
from registry.showing.tabular import WORST_FIRST

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
    all, `prose` what a released version says otherwise of itself. `unreleased` and `undeployed` say why merging does neither, `fork` that the branch is somebody else's, `pull`
    is the pull request's number, `commit` what was looked at, `run` the address of the run. Where none `is_hosted` by
    GitHub, merging starts nothing.
    """

    reports: Sequence[Mapping] = ()
    judged: Sequence[Judged] = ()
    plans: Sequence[Plan] = ()
    failed: Sequence[Job] = ()
    removed: Sequence[str] = ()
    left_out: Sequence[str] = ()
    examinations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    judges: Sequence[str] = ()
    prose: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unreleased: str = ""
    undeployed: str = ""
    first: Sequence[str] = ()
    fork: bool = False
    pull: int | None = None
    commit: str | None = None
    run: str | None = None
    is_hosted: bool = True


def comment(checked: Checked, site: Site | None = None) -> str:
    """Return the comment's Markdown below its marker, at most as long as GitHub takes."""
    reports = sorted(checked.reports, key=lambda report: (WORST_FIRST.index(report["verdict"]), report["model"]))
    several = [(report, summary.summarize(report)) for report in reports[:MOST_MODELS]]
    several.sort(key=lambda one: [*COLOURS].index(one[1].kind))
    told = [one for _, one in several]
    pinned = [one for plan in checked.plans for change in plan.changes if (one := effects.judged(plan, change))]
    parts = [
        Section("headline", _headline(checked, told, pinned), 100),
        Section("what changes of the judging", examination.told(checked.examinations, checked.judges), 99),
        Section("jobs that failed", _failed(checked), 95),
        Section("what was not read", _left_out(checked.left_out), 94),
        Section("what merging does", _merging(checked), 92),
        Section("models", sections.overview(several, len(reports)) if len(reports) > 1 else "", 90),
        *(part for report, one in several for part in _model(report, one, checked)),
        *(part for judged in checked.judged for part in _judged(judged)),
        *(
            part
            for plan in checked.plans
            for part in _plan(plan, site, _deploying(checked), bool(told) or not _is_one_change(checked.plans))
        ),
        Section("models that go", _removed(checked.removed), 85),
        Section("words that change", prose.told(checked.prose), 84),
        Section("origin", _footer(checked, site), 95),
    ]
    return fit(parts, LIMIT)


def _headline(checked: Checked, told: Sequence[Summary], pinned: Sequence[Summary]) -> str:
    """Return an alert in the colour of the worst: the verdict before anything else, of one model with its reasons."""
    judged = [f"{text(one.model)} {one.version}: {one.verdict} by its new thresholds" for one in checked.judged]
    verdicts = [report["verdict"] for report in checked.reports]
    counts = [f"{verdicts.count(one):,} {one}" for one in WORST_FIRST if one in verdicts]
    found = [f"{_count(len(verdicts), 'model')}: {', '.join(counts)}"] if len(verdicts) > 1 else []
    missing = _count(len(checked.failed), "job") + " failed" if checked.is_hosted else "not all is there"
    failed = [missing] if checked.failed else []
    gone = [f"{text(model)}: is removed" for model in checked.removed]
    plans = [f"{text(plan.environment)}: {_change(plan)}" for plan in checked.plans]
    parts = [*found, *judged, *failed, *gone, *plans]
    shown = "; ".join([*parts[:MOST_WORDS], *(["…"] if len(parts) > MOST_WORDS else [])])
    kind = min(_kinds(checked, [*told, *pinned]), key=[*COLOURS].index)
    leading = told or (pinned if _is_one_change(checked.plans) else [])
    if len(leading) != 1:
        return alert(kind, f"**{shown or 'nothing to build or deploy'}**")
    model, others = sections.claimed(leading[0]), [f"**{shown}**"] if shown else []
    return alert(kind, *others, *model) if checked.failed else alert(kind, *model, *others)


def _kinds(checked: Checked, told: Sequence[Summary]) -> Iterator[str]:
    """Yield the colour of each thing that was found."""
    yield from (one.kind for one in told)
    yield from (YELLOW for one in checked.judged if one.verdict != PASS)
    is_told = told and not checked.judged and (not checked.plans or _is_one_change(checked.plans))
    yield RED if checked.failed else GREEN if is_told else BLUE
    if any(map(_is_doubtful, checked.plans)) or checked.left_out:
        yield YELLOW


def _is_doubtful(plan: Plan) -> bool:
    return bool(plan.withdrawn or plan.warning or plan.notes or (plan.approvals and plan.approvals.missing))


def _is_one_change(plans: Sequence[Plan]) -> bool:
    """Say whether the pin of one model is all that changes of the environments."""
    return [(len(plan.changes), plan.fate) for plan in plans] == [(1, "")]


def _change(plan: Plan) -> str:
    return ", ".join(filter(None, (plan.fate, _count(len(plan.changes), "change") if plan.changes else "")))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _failed(checked: Checked) -> str:
    if not checked.failed:
        return ""
    rows = [(link(text(job.name, 100), job.address), text(job.conclusion)) for job in checked.failed]
    if not checked.is_hosted:
        return table(("what is not there", "why"), rows, MOST_MODELS)
    found = table(("job", "ended with"), rows, MOST_MODELS)
    return f"The gate holds this pull request back. Each job's log says what to mend:\n\n{found}"


def _left_out(those: Sequence[str]) -> str:
    return f"**Not read, since there is too much**: {listed(list(those))}." if those else ""


def _model(report: Mapping, told: Summary, checked: Checked) -> list[Section]:
    several = len(checked.reports) > 1
    title = f"### {text(report['model'])} {report['version']}: {report['verdict']}\n\n" if several else ""
    folded = *sections.folded(report, told), ("reproduce it", _reproduce(report, checked), 40)
    return [
        Section("verdicts", f"{title}{sections.headline(told)}" if several else "", 80),
        Section("metrics", sections.metrics(told), 70),
        Section("what else to know", sections.noted(told), 68),
        Section("what changed", f"#### What changed\n\n{sections.changes(report, 30)}", 60),
        *(Section(name, details(name, body), worth) for name, body, worth in folded if body),
    ]


def _merging(checked: Checked) -> str:
    """Return what merging will do."""
    if not checked.reports:
        return ""
    if checked.failed or any(report["verdict"] != PASS for report in checked.reports):
        told = "This can't be merged: the gate fails, and nothing is published."
        return told if checked.is_hosted else "Don't merge this: `publish` refuses what does not pass."
    if checked.unreleased:
        return f"Merging publishes nothing: {text(checked.unreleased, 500)}."
    one = checked.reports[0] if len(checked.reports) == 1 else None
    what = code(versions.tag(one["model"], one["version"])) if one else _count(len(checked.reports), "version")
    if not checked.is_hosted:
        pinned = (
            f", and `promote` pins {'it' if one else 'them'} in {listed(list(checked.first))}" if checked.first else ""
        )
        return f"Once this is merged, `publish` releases {what}{pinned}."
    pins = "PRs" if len(checked.first) > 1 else "a PR"
    to = f"to pin it in {listed(list(checked.first))}"
    then = f", then opens {pins} {to if one else f'for each {to}'}" if checked.first else ""
    if checked.fork:
        them, passing = ("it", "if that passes") if one else ("them", "as far as they pass")
        return f"Merging trains {them} again, since these bytes come from a fork, publishes {what} {passing}{then}."
    return f"Merging publishes {what} from these bytes{then}."


def _reproduce(report: Mapping, checked: Checked) -> str:
    fetch = f"git fetch origin pull/{checked.pull}/head && git checkout FETCH_HEAD && " if checked.pull else ""
    script = sections.command(f"{fetch}tox run -e build -- {report['model']}")
    machine = text(report["tools"].get("machine", "unknown"), 50)
    weights = code(report["weights_sha256"])
    told = f"On the same kind of machine ({machine}) it gives weights with the SHA-256 {weights}."
    warning = " It runs the code of a fork on your machine: read it first." if checked.fork else ""
    bytes_ = f"The artifact, whose bytes are published, has the SHA-256 {code(report['artifact']['sha256'])}."
    return f"{script}\n\n{told}{warning}\n\n{bytes_}"


def _judged(judged: Judged) -> list[Section]:
    tag = code(versions.tag(judged.model, judged.version))
    where = f"It runs in {listed(list(judged.runs_in))}." if judged.runs_in else "No environment runs it."
    said = f"{tag} reaches the new thresholds" if judged.verdict == PASS else f"{tag} would no longer be released"
    told = f"{said}. {where} Nothing is trained or published, and what runs keeps running."
    return [
        Section("verdicts", f"### {text(judged.model)}: thresholds\n\n{told}", 80),
        Section("metrics", sections.recorded(tabular.recorded([vars(one) for one in judged.judgements])), 70),
    ]


def _removed(models: Sequence[str]) -> str:
    if not models:
        return ""
    told = f"Nothing of {listed(list(models))} is trained or released any more, since its spec is removed"
    return f"### Removed\n\n{told}. What is released stays, and what runs keeps running until its pin goes."


def _plan(plan: Plan, site: Site | None, deploying: str, with_verdicts: bool) -> list[Section]:
    title = f"### {text(plan.environment)}\n\n"
    notes = [*([FATES[plan.fate]] if plan.fate else []), *([f"**{text(plan.warning)}**"] if plan.warning else [])]
    notes += [f"**{text(note, 1000)}.**" for note in plan.notes] + _approvals(plan)
    if not plan.changes:
        return [Section("plans", title + "\n\n".join(notes), 85)]
    lines = plan.text.splitlines()
    more = [f"  and {len(lines) - MOST_MODELS} more"] if len(lines) > MOST_MODELS else []
    shown = fence("\n".join([*lines[:MOST_MODELS], *more]))
    deploys = f"{deploying}\n\n{shown}"
    told = []
    for change in plan.changes:
        known = effects.judged(plan, change) if with_verdicts else None
        verdict = [sections.headline(known)] if known else []
        told.append("\n\n".join([f"#### {effects.headline(change, site)}", *verdict, effects.effect(plan, change)]))
    return [
        Section("plans", title + "\n\n".join([deploys, *notes]), 85),
        *(Section("what changes for users", one, 65) for one in told),
    ]


def _approvals(plan: Plan) -> list[str]:
    """Return which approvals there are of those that an environment asks for, and what is missing."""
    if plan.approvals is None:
        return []
    told = text(plan.approvals.told, 1000)
    return [f"**{told}**: {text(plan.approvals.wanted, 2000)}." if plan.approvals.missing else f"{told}."]


def _deploying(checked: Checked) -> str:
    if not checked.is_hosted:
        return "Once this is merged, `deploy` does this:"
    if checked.undeployed:
        return f"Merging deploys nothing: {text(checked.undeployed, 500)}. Else it would be:"
    return "Merging deploys this:"


def _footer(checked: Checked, site: Site | None) -> str:
    commit = checked.commit and link(code(checked.commit[:12]), site and site.commit(checked.commit))
    what = "The whole report is in the summary of" if checked.reports else "See"
    run = f"{what} {link('the run', checked.run)}." if checked.run else ""
    return " ".join(filter(None, (f"This is about {commit}." if commit else "", run)))
