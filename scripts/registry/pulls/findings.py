"""What a run of the checks found, read from outside: its artifacts, its jobs, and the files of its pull request.

All of it comes from whoever opened the pull request: it is data, held against schemas, and never run.
"""

import base64
import posixpath
import time
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import quote

from registry import versions
from registry.checks import consent, shards
from registry.environments import freezing, manifests, reconcile
from registry.environments.approving import Asked
from registry.environments.manifests import Environment, Pin
from registry.errors import RegistryError, refuse
from registry.formats import documents, reader
from registry.formats.markdown import listed
from registry.github import runs, triggers
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.judging import rejudging, reporting
from registry.judging.rejudging import Judged
from registry.judging.verdicts import PASS
from registry.pulls import effects, examination, prose
from registry.pulls.comments import Checked, Job
from registry.pulls.effects import GONE, NEW, OTHER, Plan
from registry.releases.ledger import Releases
from registry.specs import models, sense

GOOD = ("success", "skipped", None)
BUILD, ASSESS = "build (", "assess"
MOST_DOCUMENTS, MOST_REPORTS = 300, 256
MOST_FILES = 3000  # GitHub lists no more of a pull request
REMOVED = "removed"


@dataclass(frozen=True)
class Known:
    """What main says: its environments, thresholds (of a model) and releases, their release.json, and its own files.

    `facts` gives the release.json of a tag, and `content` a file by its path, None where there is none to be trusted.
    `pinned` gives the versions of a model that an environment pinned once.
    """

    places: Mapping[str, Environment]
    thresholds: Callable[[str], Mapping | None]
    releases: Releases
    facts: effects.Facts
    content: Callable[[str], bytes | None]
    pinned: Callable[[str, str], Collection[str]]


def gather(github: GitHub, run: dict, pull: dict, known: Known) -> Checked:
    """Return what is to be told on a pull request about a run of its checks."""
    states = _states(github, pull)
    handed_in, unaccepted, more = _handed_in(github, run)
    wanted = sorted(filter(is_document, states), key=lambda place: _is_unread(place, handed_in))
    changed = {place: _content(github, pull, place, states[place]) for place in wanted[:MOST_DOCUMENTS]}
    found, unread = _reports(github, pull, handed_in, changed)
    failed = [*_failed(github, run, found), *unaccepted, *unread]
    checked = compose(states, changed, found, failed, known)
    return replace(
        checked,
        plans=list(_approved(github, pull, checked.plans, known)),
        unreleased=_idle(github, pull, states, known, triggers.RELEASE),
        undeployed=_idle(github, pull, states, known, triggers.DEPLOY),
        left_out=list(_left_out(more, len(wanted), len(states))),
        fork=(pull["head"]["repo"] or {}).get("full_name") != github.repository,
        pull=pull["number"],
        commit=run["head_sha"],
        run=run["html_url"],
    )


def _approved(github: GitHub, pull: dict, plans: Sequence[Plan], known: Known) -> Iterator[Plan]:
    """Yield plans with the approvals that main asks for them."""
    asked = [
        Asked(name, place.approvals.count, place.approvals.people)
        for name, place in known.places.items()
        if place.approvals and any(plan.environment == name and _asks(plan, known) for plan in plans)
    ]
    found = consent.tallies(github, pull["number"], pull["head"]["sha"], asked) if asked else []
    counted = {one.asked.environment: one for one in found}
    yield from (replace(plan, approvals=counted.get(plan.environment)) for plan in plans)


def _asks(plan: Plan, known: Known) -> bool:
    """Say whether a plan is one that asks for approvals: going back to what was pinned once never does."""
    new = ((one.model, one.new) for one in plan.changes if one.new)
    return bool(plan.fate) or any(version not in known.pinned(plan.environment, model) for model, version in new)


def compose(
    states: Mapping[str, str],
    changed: Mapping[str, bytes | None],
    reports: Sequence[Mapping],
    failed: Sequence[Job],
    known: Known,
) -> Checked:
    """Return what follows from the files that change, with what becomes of each, the documents among them, and reports.

    A document that goes has None for its content.
    """
    pins, unreadable = _pins(changed, known.places)
    specs, built = dict(_specs(changed, known)), {report["model"] for report in reports}
    return Checked(
        reports=reports,
        judged=list(_judged(changed, known, built)),
        plans=list(_plans(changed, pins, known)),
        failed=[*failed, *unreadable],
        removed=sorted(place.split("/")[1] for place, state in states.items() if _is_gone(place, state)),
        examinations=examination.changed(_kept(states), specs),
        prose=prose.changed(specs, built),
        judges=examination.judges(states),
        first=[place.name for place in manifests.first(known.places)],
    )


def _is_unread(place: str, reports: Container[str]) -> bool:
    """Say whether a document is the spec of a model whose report is not read."""
    return place.startswith(f"{models.FOLDER}/") and place.split("/")[1] not in reports


def _is_gone(place: str, state: str) -> bool:
    return is_document(place) and place.startswith(f"{models.FOLDER}/") and state == REMOVED


def _kept(states: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that change, but for those of models that go: nobody sits their examination."""
    gone = {posixpath.dirname(place) for place, state in states.items() if _is_gone(place, state)}
    yield from (place for place in states if "/".join(place.split("/")[:2]) not in gone)


def _specs(changed: Mapping[str, bytes | None], known: Known) -> Iterator[tuple[str, tuple[dict | None, dict | None]]]:
    """Yield each model whose spec changes, with that on main and the new one; None for one that can't be read."""
    for place, raw in changed.items():
        folder, model, *_ = place.split("/")
        if folder == models.FOLDER and raw is not None:
            old = known.content(place)
            yield model, (old and _spec(place, old), _spec(place, raw))


def _idle(github: GitHub, pull: dict, states: Mapping[str, str], known: Known, file: str) -> str:
    """Return why merging does not start the workflow of a file, nothing where it does."""
    base, default = pull["base"]["ref"], pull["base"]["repo"]["default_branch"]
    if base != default:
        does = triggers.DOES[file]
        return f"this goes into {base}, and only what is merged into {default}, the default branch, is {does}"
    raw = _content(github, pull, file, states[file]) if file in states else known.content(file)
    missed = triggers.missing(file, raw, default)
    return f"on.push.branches of {file} {missed[1]}" if missed else ""


def _left_out(reports: int, documents: int, files: int) -> Iterator[str]:
    if reports:
        yield f"{reports:,} of {reports + MOST_REPORTS:,} reports (what does not pass is read first)"
    if documents > MOST_DOCUMENTS:
        yield f"{documents - MOST_DOCUMENTS:,} of {documents:,} files of specs, environments or pins"
    if files >= MOST_FILES:
        yield f"files behind the first {MOST_FILES:,}, which GitHub does not list"


def _handed_in(github: GitHub, run: dict) -> tuple[dict[str, dict | RegistryError], list[Job], int]:
    """Return the reports that a run accepted, by model; a line where none can be read; how many more there are."""
    try:
        artifact = runs.accepted(github, run).get(runs.REPORTS)
        found, more = runs.reports(github, artifact, MOST_REPORTS, PASS) if artifact else ({}, 0)
        return found, [], more
    except GitHubError:
        raise
    except RegistryError as error:
        return {}, [Job(runs.REPORTS, str(error))], 0


def _reports(
    github: GitHub, pull: dict, handed_in: Mapping[str, dict | RegistryError], changed: Mapping[str, bytes | None]
) -> tuple[list[dict], list[Job]]:
    """Return the reports of a run that can be believed, and a line for each other one.

    The verdict follows from the metrics, by the thresholds of the spec in the pull request's last commit.
    """
    found, unread = [], []
    for model, report in handed_in.items():
        name = f"report of {model}"
        try:
            if isinstance(report, RegistryError):
                raise report
            if not reporting.follows(report):
                raise refuse(name, "has a verdict that does not follow from its metrics")
            _hold(report, name, *_spec_of(github, pull, model, changed))
            found.append(report)
        except GitHubError:
            raise
        except RegistryError as error:
            unread.append(Job(name, str(error)))
    return found, unread


def _spec_of(github: GitHub, pull: dict, model: str, changed: Mapping[str, bytes | None]) -> tuple[str, bytes | None]:
    """Return the place of a model's spec, and what the pull request's last commit holds there."""
    place = f"{models.FOLDER}/{model}/{examination.SPEC}"
    return place, changed[place] if place in changed else _found(github, pull, place)


def _hold(report: Mapping, name: str, place: str, raw: bytes | None) -> None:
    """Raise RegistryError where a report is not of its spec's version, task and thresholds: a fork can claim others."""
    spec = None if raw is None else _spec(place, raw)
    if spec is None:
        raise refuse(name, f"can't be held against {place}, which the last commit does not hold, or not as a spec")
    own = {
        "version": f"version {report['version']}",
        "task": f"the task {report['task']}",
        "accept": "what is accepted",
    }
    if differ := [own.get(field, field) for field in reporting.unlike(report, spec)]:
        advice = f"bring the branch up to date with its base, or {runs.AGAIN}"
        raise refuse(name, f"says {listed(differ)} unlike those of {place} in the last commit; {advice}")


def _failed(github: GitHub, run: dict, reports: list[dict]) -> list[Job]:
    """Return the jobs that failed, but for those of which another says why.

    That is the gate, or the run itself, where any other failed, and what judges where a report of each model, or the
    job that could not train one of its own, tells it.
    """
    jobs = runs.jobs(github, run)
    failed = [Job(one["name"], one["conclusion"], one["html_url"]) for one in jobs if one["conclusion"] not in GOOD]
    whole = [] if run["conclusion"] in GOOD else [Job("check", run["conclusion"], run["html_url"])]
    others = [one for one in failed if one.name != runs.GATE] or failed or whole
    good = [one["name"] for one in jobs if one["name"].startswith(BUILD) and one["conclusion"] in GOOD]
    trained = set().union(*map(shards.trained_by, good))
    untrained = [one for one in others if one.name.startswith(BUILD)]
    bad = [one for one in reports if one["verdict"] != PASS]
    is_told = (untrained or bad) and trained <= {one["model"] for one in reports}
    return [one for one in others if not (is_told and one.name == ASSESS)]


def _states(github: GitHub, pull: dict) -> dict[str, str]:
    """Return the files that a pull request changes, by path, with what becomes of them."""
    states: dict[str, str] = {}
    for file in github.pages(f"pulls/{pull['number']}/files"):
        if file["status"] == "renamed":  # a pin that is moved is one less and one more
            states[file["previous_filename"]] = REMOVED
        states[file["filename"]] = file["status"]
    return states


def is_document(place: str) -> bool:
    """Say whether a file is a spec, an environment or a pin, by its path."""
    match place.split("/"):
        case [models.FOLDER, model, "model.yaml"]:
            return versions.NAME.fullmatch(model) is not None
        case [manifests.FOLDER, *_, file]:
            name, ending = posixpath.splitext(file)
            return ending == ".yaml" and versions.NAME.fullmatch(name) is not None
    return False


def _content(github: GitHub, pull: dict, place: str, state: str) -> bytes | None:
    """Return what a pull request makes of a file, None when it removes it."""
    if state == REMOVED:
        return None
    return _bytes(github.get(f"contents/{quote(place)}", ref=pull["head"]["sha"]))


def _found(github: GitHub, pull: dict, place: str) -> bytes | None:
    """Return a file as the pull request's last commit has it, None where it has none."""
    found = github.find(f"contents/{quote(place)}", ref=pull["head"]["sha"])
    return found and _bytes(found)


def _bytes(found: dict) -> bytes:
    return base64.b64decode(found.get("content", ""))


def _judged(changed: Mapping[str, bytes | None], known: Known, built: set[str]) -> Iterator[Judged]:
    """Yield the released versions whose thresholds change; the checks tell of a spec that can't be read."""
    for place, raw in changed.items():
        folder, name, *_ = place.split("/")
        if folder == models.FOLDER and raw is not None and name not in built:
            spec = _spec(place, raw)
            facts = spec and known.facts(versions.tag(name, spec["version"]))
            if facts and known.thresholds(name) != spec["thresholds"]:
                yield rejudging.judge(facts["report"], spec, known.places)


def _spec(place: str, raw: bytes) -> dict | None:
    try:
        document = documents.check(reader.parse(place, raw), "model")
    except RegistryError:
        return None
    return None if sense.problems(document) else document.data


def _pins(changed: Mapping[str, bytes | None], places: Mapping[str, Environment]) -> tuple[dict[str, dict], list[Job]]:
    """Return what each environment will pin, and a line for each pin that can't be read, which changes nothing."""
    pins: dict[str, dict[str, Pin]] = {name: dict(place.pins) for name, place in places.items()}
    pins |= {name: {} for name in _own(changed) if name not in pins}
    unreadable = []
    for file, raw in changed.items():
        folder, name, *rest = file.split("/")
        if folder == manifests.FOLDER and rest and name in pins:
            model = PurePosixPath(file).stem
            try:
                if raw is None:
                    pins[name].pop(model, None)
                else:
                    pins[name][model] = manifests.parse_pin(file, raw)
            except RegistryError as error:
                unreadable.append(Job(file, str(error)))
    return pins, unreadable


def _own(changed: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """Return the environments whose own file changes, each with its content."""
    paths = {PurePosixPath(file): raw for file, raw in changed.items()}
    return {path.stem: raw for path, raw in paths.items() if str(path.parent) == manifests.FOLDER}


def _plans(changed: Mapping[str, bytes | None], pins: Mapping[str, Mapping[str, Pin]], known: Known) -> Iterator[Plan]:
    own = _own(changed)
    for name, new in pins.items():
        place = known.places.get(name)
        old = place.pins if place else {}
        if name in own and own[name] is None:
            yield Plan(name, (), fate=GONE)
            continue
        fate = "" if name not in own else OTHER if place else NEW
        if (changes := reconcile.between(old, new)) or fate:
            warning = reconcile.warning(name, old, new, place.verb if place else "deploy")
            notes = freezing.notes(name, place.freeze, _overrides(old, new), time.time()) if place else []
            more = {"fate": fate, "warning": warning, "notes": notes}
            yield effects.plan(name, changes, known.facts, known.releases, **more)


def _overrides(old: Mapping[str, Pin], new: Mapping[str, Pin]) -> dict[str, str]:
    """Return why pins that change move in a freeze, by model."""
    return {model: pin.override for model, pin in new.items() if pin.override and pin != old.get(model)}
