"""Show all that is known of a version, or of a model: what it is asked, how good it is, what it was made of, where it ran.

Git knows most of it. Figures with intervals, and how it was made, stand in its release.json, which is looked for where
releases lie; who approved what only GitHub knows.
"""

from collections.abc import Iterator
from pathlib import Path

from registry import console, git
from registry.answering import beside, known, phrases, portrait, reached
from registry.answering.beside import Beside
from registry.answering.known import Known
from registry.chronicle import instant, record, wording
from registry.formats import documents
from registry.formats.markdown import listed
from registry.releases import choice
from registry.showing import summary, tabular
from registry.tasks import measures

FEW = 10


def main() -> None:
    parser = console.parser(__doc__, "tox run -e show -- digits@1.1.0")
    parser.add_argument("what", metavar="MODEL[@VERSION]")
    instant.add_option(parser)
    parser.add_argument("--all", action="store_true", help=f"all versions of the model, not the newest {FEW}")
    parser.add_argument("--json", action="store_true", help="print a document of scripts/schemas/show.json")
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    model, _, version = options.what.partition("@")
    chronicle = record.of_model(root, options.at, model)
    aside = beside.choose(root, options)
    it = known.look(root, chronicle, aside, model, version.removeprefix("v")) if version else None
    if options.json:
        told = portrait.document(root, chronicle, aside, model, it)
        console.say(documents.dump_json(told).rstrip())
    else:
        if chronicle.at:
            console.say(wording.then(chronicle, options.at))
        if it:
            show_version(root, aside, it, options.at)
        else:
            show_model(portrait.of_model(root, chronicle, model), options.all, options.at)
    console.warn_of(aside.problems)


def show_model(told: dict, with_all: bool, at: str | None) -> None:
    gone = ", which is gone from main" if told["is_gone"] else ""
    is_read = told["task"] is not None
    does = told["description"] or ("its spec does not say what it does" if is_read else phrases.UNREADABLE)
    console.tell(phrases.safe(f"{told['name']}{gone}: {phrases.paragraph(does)}"))
    if is_read:
        rows = [("owners", listed(told["owners"] or ["nobody"])), ("task", told["task"])]
        rows += [("requirement", f"{one['asked']} (line {one['line']})") for one in told["requirement"]]
        phrases.facts(rows, "what", "is known")
    those = told["versions"]
    if those:
        console.say()
        shown = those if with_all else those[:FEW]
        phrases.table(("version", "released (UTC)", "verdict", "reached", "pinned in"), [*map(version_row, shown)])
        if more := len(those) - len(shown):
            console.say(f"{more:,} more: {wording.command('show', told['name'], '--all', at=at)}")
    for one in told["taken"]:
        console.tell(phrases.safe(one))
    console.say(f"next: {next_of_model(told, at)}")


def version_row(one: dict) -> phrases.Row:
    gone = " (withdrawn)" if one["withdrawn"] else ""
    figures = ", ".join(
        f"{name} {reached.Figure(value).text(name)}"
        for name, value in one["metrics"].items()
        if name not in measures.COSTS
    )
    when = one["released"]["time"][:16].replace("T", " ")
    return f"{one['version']}{gone}", when, one["verdict"], figures, listed(one["pinned"]) or "-"


def next_of_model(told: dict, at: str | None) -> str:
    name, those = told["name"], told["versions"]
    if told["is_gone"] and not those:
        return f"{wording.command('history', name, at=at)} shows what became of it"
    if not those:
        return f"`tox run -e build -- {name}`, then publish it: no release is known here"
    pinned = next((place for one in those for place in one["pinned"]), None)
    why = f", {wording.command('why', name, pinned, at=at)}" if pinned else ""
    newest = f"{name}@{those[0]['version']}"
    return f"{wording.command('show', newest, at=at)}{why}"


def show_version(root: Path, aside: Beside, it: Known, at: str | None) -> None:
    release = it.release
    gone = f", withdrawn: {release.withdrawn}" if release.withdrawn is not None else ""
    console.tell(phrases.safe(f"{release.model} {release.version}{gone}"))
    phrases.facts(facts(root, aside, it), "what", "is known")
    console.say()
    if it.report:
        seen = summary.summarize(it.report)
        rows = [*seen.rows, *seen.others]
        phrases.table(*tabular.printed(rows, seen.before), [tabular.COLOURS[row.verdict] for row in rows])
        console.tell(phrases.safe(seen.headline), summary.COLOURS[seen.kind])
    else:
        phrases.table(("metric", "value"), reached.lines(it))
        console.tell(phrases.safe(f"{release.verdict}: {phrases.NO_REPORT}"))
    if not aside.is_asked:
        console.tell(aside.why_unknown)
    if it.before:
        console.say(f"next: {wording.command('compare', release.model, it.before.version, release.version, at=at)}")


def facts(root: Path, aside: Beside, it: Known) -> Iterator[phrases.Row]:
    release, said, report = it.release, it.said, it.report or {}
    merged = aside.merged(it.origin.commit)
    yield "description", phrases.paragraph(said.get("description", "-"))
    yield "owners", listed(said.get("owners", [])) or "-"
    yield "task", said.get("task", "-")
    for name in ("inputs", "outputs"):
        if name in report:
            yield name, phrases.tensors(report[name])
    yield from (("requirement", one["asked"]) for one in phrases.requirement(it.spec))
    if not known.told(it.spec):
        yield "requirement", phrases.UNREADABLE
    yield "released", phrases.event(it.released)
    if it.withdrawn:
        yield "withdrawn", phrases.event(it.withdrawn)
    yield "brought by", phrases.commit(it.origin)
    yield "pull request", phrases.pull(merged, it.origin.pull, aside.is_asked)
    yield "approved by", phrases.approved(merged, aside.is_asked)
    for stay in it.stays:
        yield "pinned" if stay.until is None else "was pinned", phrases.stay(stay, release)
    yield from phrases.changes(it.before, portrait.changes(root, it))
    yield from (("data", source) for _, source in phrases.data(it.sources))
    if report:
        yield "rows", phrases.rows(report)
        yield "training", phrases.training(report["training"])
        yield "tools", ", ".join(f"{name} {version}" for name, version in sorted(report["tools"].items())) or "-"
        yield "built", report["built"]
    yield "commit", release.commit
    yield "fingerprint", release.fingerprint
    yield "artifact", f"{release.size:,} bytes, SHA-256 {release.sha256}"
    yield "runs with", release.runtime
    if report:
        yield "lies in", aside.where(release)


if __name__ == "__main__":
    console.run(main)
