"""All that is known of a model, and of one version of it, as documents."""

from pathlib import Path

from registry.answering import known, phrases, reached, unlike
from registry.answering.beside import Beside
from registry.answering.known import Known
from registry.answering.reviews import Merged
from registry.answering.unlike import Unlike
from registry.chronicle import wording
from registry.chronicle.lanes import Stay
from registry.chronicle.record import Chronicle
from registry.formats.reader import Document
from registry.releases.ledger import Release
from registry.showing import summary

SAYS = ("description", "owners", "task")
OF_JUDGEMENT = ("name", "asked", "value", "verdict", "reason")
OF_REPORT = ("training", "rows", "inputs", "outputs", "tools", "built")


def document(root: Path, chronicle: Chronicle, beside: Beside, model: str, it: Known | None) -> dict:
    """Return what is known as a document of the schema `show`: of a version, or of the model where none is asked for."""
    return {
        "at": wording.asked(chronicle),
        "model": None if it else of_model(root, chronicle, model),
        "version": of_version(it, changes(root, it), beside.merged(it.origin.commit), beside) if it else None,
    }


def of_model(root: Path, chronicle: Chronicle, model: str) -> dict:
    """Return what is known of a model: what its spec asks and says, and its versions, the newest first."""
    spec, is_gone = _spec(root, chronicle, model)
    said = known.told(spec)
    return {
        "name": model,
        "is_gone": is_gone,
        "version": said.get("version"),
        **{name: said.get(name) for name in SAYS},
        "requirement": [*phrases.requirement(spec)],
        "versions": [_brief(chronicle, one) for one in reversed(chronicle.releases.get(model, []))],
        "taken": [str(problem) for one in chronicle.others.get(model, []) for problem in one.problems],
    }


def _spec(root: Path, chronicle: Chronicle, model: str) -> tuple[Document | None, bool]:
    """Return the spec on main, of a model that is gone that of its newest release; and whether it is gone."""
    found = known.spec(root, chronicle.tip.commit, model) if chronicle.tip else None
    if found is None and chronicle.releases.get(model):
        return known.spec(root, chronicle.releases[model][-1].commit, model), True
    return found, found is None


def _brief(chronicle: Chronicle, release: Release) -> dict:
    return {
        "version": release.version,
        "released": wording.document(chronicle.released[release.tag]),
        "withdrawn": _withdrawn(chronicle, release),
        "verdict": release.verdict,
        "metrics": {name: reached.finite(value) for name, value in release.metrics.items()},
        "pinned": [place for (place, model), stay in chronicle.pinned.items()
                   if (model, stay.version) == (release.model, release.version)],
    }  # fmt: skip


def _withdrawn(chronicle: Chronicle, release: Release) -> dict | None:
    event = chronicle.withdrawn.get(release.tag)
    return event and wording.document(event)


def of_version(it: Known, changes: Unlike | None, merged: Merged | None, beside: Beside) -> dict:
    """Return all that is known of a version: `changes` since the release before it, and the pull request that brought it."""
    release, report = it.release, it.report or {}
    return {
        **of_release(it),
        "model": release.model,
        **{name: it.said.get(name) for name in SAYS},
        "claim": summary.summarize(report).headline if report else None,
        "metrics": [{"name": name, **one.document()} for name, one in reached.of(it).items()],
        "requirement": [*phrases.requirement(it.spec)],
        "judgements": [{name: one[name] for name in OF_JUDGEMENT} for one in report["judgements"]] if report else None,
        "since": it.before and it.before.version,
        "changes": changes and changes.document(),
        "fingerprint": release.fingerprint,
        "origin": wording.moment_document(it.origin),
        "pull": merged and merged._asdict(),
        "is_github_asked": beside.is_asked,
        **{name: report.get(name) for name in OF_REPORT},
        "lies_in": beside.where(release) if report else None,
        "stays": [stay(one) for one in it.stays],
    }


def of_release(it: Known) -> dict:
    """Return what is told of a version whether it is looked at by itself or beside another."""
    release = it.release
    return {
        "version": release.version,
        "released": wording.document(it.released),
        "withdrawn": it.withdrawn and wording.document(it.withdrawn),
        "verdict": release.verdict,
        "figures_from": reached.source(it),
        "data": [{"place": place, "source": source} for place, source in phrases.data(it.sources)],
        "artifact": {"sha256": release.sha256, "size": release.size},
        "runtime": release.runtime,
    }


def changes(root: Path, it: Known) -> Unlike | None:
    """Return in what a version differs from the release before it; None of the first."""
    if it.before is None:
        return None
    return unlike.between(root, it.before, it.release, (known.spec(root, it.before.commit, it.before.model), it.spec))


def stay(one: Stay) -> dict:
    """Return where a version was pinned from when to when as documents have it."""
    until = one.until and wording.document(one.until)
    return {"environment": one.environment, "since": wording.document(one.since), "until": until}
