"""Publishing as a resumable transaction: draft, assets, read back, tag, publish. Killed anywhere, it ends the same."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from registry import files, git, versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.errors import Problem, RegistryError, raise_all, refuse
from registry.formats import documents
from registry.judging import candidates, released, verdicts
from registry.judging.candidates import PLOTS, REPORT, Candidate
from registry.publishing import cards, pages
from registry.releases import ledger
from registry.releases.ledger import Release, Taken
from registry.releases.storage import FACTS, Store
from registry.specs import models
from registry.specs.models import Model

SUMS, CARD = "SHA256SUMS", "model-card.md"


def publish(
    root: Path, model: Model, candidate: Candidate, store: Store, those: list[Release], taken: list[Taken]
) -> bool:
    """Make a candidate a release; return False when these very bytes are released already.

    `those` are the model's releases as this clone knows them, `taken` the tags that only look like some. Raises
    RegistryError when it must not become one: verdict, spec moved on, uncommitted changes, version taken.
    """
    raise_all(refusals(model, candidate))
    tag = versions.tag(model.name, model.version)
    with _free_named(model, store), store.drafting(tag) as draft:
        known = _tagged(root, those, taken, tag, store)
        published = released.facts(root, store, {model.name: those}, tag)
        if known and published:
            return _confirm(known, published, candidate, store)
        if published:
            return _tag_again(published, candidate, store)
        if known:
            _check_commit(root, model, known)
            return _complete(root, known, those, store) or _fill_again(known, those, candidate, store, draft)
        return _publish(root, model, those, candidate, store, draft)


def finish(root: Path, model: Model, store: Store, those: list[Release], taken: list[Taken]) -> bool:
    """Publish the draft of a version that is tagged already, as a killed run left it; say whether there was one."""
    tag = versions.tag(model.name, model.version)
    if tag not in {one.tag for one in (*those, *taken)}:
        return False
    with _free_named(model, store):
        known = _tagged(root, those, taken, tag, store)
        return store.facts(tag) is None and _complete(root, known, those, store)


@contextmanager
def _free_named(model: Model, store: Store) -> Iterator[None]:
    """Where the version is taken, say which one is not."""
    try:
        yield
    except Taken as taken:
        free = store.free(model.name, model.version)
        raise refuse(taken.tag, f"{taken.what}; write version: {free} in {model.place}/model.yaml") from taken


def _tagged(root: Path, those: list[Release], taken: list[Taken], tag: str, store: Store) -> Release | None:
    """Return the release of a tag as the store has it; refuse a clone that has another one."""
    known, here = store.tagged(tag), next((one for one in those if one.tag == tag), None)
    if known is None and (found := ledger.taken(taken, tag)):
        raise RegistryError(*found.problems)
    if known:
        ledger.check_origin(root, tag, known.commit)
    if known is None and here:
        advice = f"push it, `git push origin '{tag}'`, or delete it, `git tag -d '{tag}'`"
        raise refuse(tag, f"is a tag in this clone that {store.place} does not have; {advice}")
    if here and known and (here.commit, here.sha256) != (known.commit, known.sha256):
        raise refuse(tag, f"is another tag in this clone than in {store.place}; run `git fetch --tags --force`")
    return known


def _confirm(known: Release, published: dict, candidate: Candidate, store: Store) -> bool:
    _check_bytes(known, candidate, store)
    _check_published(known, published, store)
    store.clear(known.tag)
    return False


def _tag_again(published: dict, candidate: Candidate, store: Store) -> bool:
    """The release is there, and its tag is gone."""
    release = _release(published["report"], published["commit"])
    _check_bytes(release, candidate, store)
    _check_published(release, published, store)
    store.tag(release, _message(release, published["report"]))
    store.clear(release.tag)
    return True


def _complete(root: Path, known: Release, those: list[Release], store: Store) -> bool:
    """Publish a draft that holds all that its tag names and only waits for it; say whether there is one."""
    facts = store.drafted(known.tag)
    if facts is None or (facts["commit"], facts["report"]["artifact"]["sha256"]) != (known.commit, known.sha256):
        return False
    if store.missing(known.tag, _wanted(facts)):
        return False
    released.check(root, facts, {known.model: those}, known.tag, store.mend)
    store.publish(known, page(facts, those, known, store))
    return True


def _fill_again(known: Release, those: list[Release], candidate: Candidate, store: Store, draft: Path) -> bool:
    """The tag is there, and what it names is not."""
    _check_bytes(known, candidate, store)
    told = page(_fill(known, candidate, draft), those, known, store)
    store.hold(known, draft)
    store.publish(known, told)
    return True


def _publish(root: Path, model: Model, those: list[Release], candidate: Candidate, store: Store, draft: Path) -> bool:
    release = _release(candidate.report, _commit(root, model, candidate.report["commit"]))
    _check_bytes(release, candidate, store)
    told = page(_fill(release, candidate, draft), those, release, store)
    store.hold(release, draft)
    store.tag(release, _message(release, candidate.report))
    store.publish(release, told)
    return True


def page(facts: dict, those: list[Release], release: Release, store: Store) -> str:
    """Return the page of a release among those of its model."""
    return pages.page(
        facts,
        previous=previous(those, release),
        withdrawn=release.withdrawn,
        others={one.tag: one.withdrawn for one in those if one.withdrawn is not None},
        pull=store.pull_of(release.commit),
        site=store.site,
    )


def previous(those: list[Release], release: Release) -> dict | None:
    """Return what the tag of the version before says of it, as far as a page shows it."""
    older = [one for one in those if versions.parse(one.version) < versions.parse(release.version)]
    return {"report": {"version": older[-1].version, "metrics": older[-1].metrics}} if older else None


def refusals(model: Model, candidate: Candidate) -> list[Problem]:
    """Return why a candidate must not be released: its verdict, or a spec that has moved on since."""
    if found := candidates.failures(model, candidate):
        return found
    moved = [name for name, now in _current(model).items() if candidate.report.get(name) != now]
    advice = f"build it again with `tox run -e build -- {model.name}`"
    return [Problem(model.place, 0, "", f"{', '.join(moved)} changed since the candidate was built; {advice}")] * bool(
        moved
    )


def _current(model: Model) -> dict:
    told = {name: model.spec.get(name) for name in ("version", "description", "owners", "thresholds", "card")}
    return told | {"fingerprint": model.fingerprint}


def _release(report: dict, commit: str) -> Release:
    metrics = {name: value for name, value in report["metrics"].items() if value is not None}
    artifact = report["artifact"]
    return Release(
        model=report["model"], version=report["version"], commit=commit,
        fingerprint=report["fingerprint"], sha256=artifact["sha256"], size=artifact["size"],
        verdict=report["verdict"], metrics=metrics, runtime=report["runtime"],
    )  # fmt: skip


def _commit(root: Path, model: Model, built: str | None) -> str:
    """Return the commit of main that holds what is released: the one that was built, else what is checked out."""
    asked = [commit for commit in dict.fromkeys((built, git.head(root))) if commit and git.resolve(root, commit)]
    those = [commit for commit in asked if models.is_at(root, commit, model)]
    if not those:
        advice = f"commit your changes: `git add {model.place} && git commit`"
        raise refuse(model.place, f"no commit holds what was built; {advice}")
    main, outside = ledger.outside(root, {*those})
    if found := next((commit for commit in those if commit not in outside), None):
        return found
    text = f"what was built is in {those[-1][:12]}, which is not in the history of {main}, and a release of it foreign"
    raise refuse(model.place, f"{text}; merge it into {main}, and publish it there")


def _check_commit(root: Path, model: Model, known: Release) -> None:
    """Raise RegistryError when the commit that is tagged holds another spec than the one that would be released."""
    if not models.is_at(root, known.commit, model):
        text = f"is a tag on {known.commit[:12]}, which holds another {model.place} than this"
        raise refuse(known.tag, f"{text}; check that commit out and build and publish it there, or raise the version")


def _check_bytes(release: Release, candidate: Candidate, store: Store) -> None:
    place = f"{candidates.FOLDER}/{release.model}/{candidate.tar.name}"
    if not candidate.tar.is_file():
        raise refuse(place, f"is missing; build {release.model} again")
    if files.digest(candidate.tar) != candidate.artifact.sha256:
        raise refuse(place, f"is not what was judged; build {release.model} again")
    if release.sha256 != candidate.artifact.sha256:
        raise _taken(release, store)


def _taken(release: Release, store: Store) -> RegistryError:
    text = "is released with other bytes, and a version is never reused"
    return refuse(release.tag, f"{text}; raise it: {store.free(release.model, release.version)}")


def _fill(release: Release, candidate: Candidate, draft: Path) -> dict:
    """Put the files of a release into a folder; return what its release.json says."""
    files.copy(candidate.tar, draft / candidate.tar.name)
    files.copy(candidate.folder / REPORT, draft / REPORT)
    if (candidate.folder / PLOTS).is_file():
        files.copy(candidate.folder / PLOTS, draft / PLOTS)
    files.write(draft / CARD, cards.card(release, candidate.report))
    listed = [archive.describe(path) for path in sorted(draft.iterdir())]
    if candidate.artifact not in listed:
        raise refuse(release.tag, "the artifact was damaged on the way; run the same command again")
    facts = {"tag": release.tag, "commit": release.commit, "report": candidate.report, "assets": [*map(asdict, listed)]}
    for name, content in _about(facts).items():
        files.write(draft / name, content)
    return facts


def _about(facts: dict) -> dict[str, str]:
    """Return release.json and the checksums, which follow from what release.json says of the other files."""
    document = documents.dump_json(facts)
    digests = {one["name"]: one["sha256"] for one in facts["assets"]}
    digests[FACTS] = hashlib.sha256(document.encode()).hexdigest()
    return {FACTS: document, SUMS: "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))}


def _check_published(release: Release, facts: dict, store: Store) -> None:
    """Raise RegistryError when the published release is not the one that the tag names, or is damaged."""
    if release.sha256 not in {asset["sha256"] for asset in facts["assets"]}:
        raise _taken(release, store)
    released.check_commit(release, facts)
    raise_all([Problem(f"{release.tag}/{name}", 0, "", f"is missing or damaged; {store.mend}")
               for name in store.missing(release.tag, _wanted(facts))])  # fmt: skip


def _wanted(facts: dict) -> list[Artifact]:
    """Return all files that a release has by its release.json, that one and the checksums included."""
    wanted = [Artifact(**asset) for asset in facts["assets"]]
    for name, content in _about(facts).items():
        raw = content.encode()
        wanted.append(Artifact(name, len(raw), hashlib.sha256(raw).hexdigest()))
    return wanted


def _message(release: Release, report: dict) -> str:
    reasons = [one["reason"] for one in report["judgements"]]
    asked = [f"{one['name']} {verdicts.shown(one)} ({one['asked']})"
             for one in report["judgements"] if _is_asked(one)]  # fmt: skip
    headline = f"{release.model} {release.version}: {', '.join(asked[:1]) or release.verdict}"
    return ledger.tag_message(release, headline, "\n".join([report["description"], "", *reasons]))


def _is_asked(judgement: dict) -> bool:
    return judgement["place"][0] == "thresholds"
