"""What a pull request changes of what models are judged by, told before its verdicts: specs' sections, and files."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from registry.checks import scope
from registry.formats.markdown import code, listed, text
from registry.specs import faults, fingerprints, models

SPEC = "model.yaml"
SECTIONS = ("task", "data", "inputs", "evaluation", "thresholds")
MOST = 10
Specs = Mapping[str, tuple[Mapping | None, Mapping | None]]  # a model -> its spec on main and as it will be


def changed(paths: Iterable[str], specs: Specs) -> dict[str, list[str]]:
    """Return by model what of its examination some changed files are: sections of its spec, data.py, checks.py, other files.

    A file beside data.py counts, since data.py can import it; model.py, which sits the examination, and prose don't.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        folder, _, rest = path.partition("/")
        model, _, file = rest.partition("/")
        if folder == models.FOLDER and file and file != faults.MODEL and not fingerprints.is_prose(file):
            own = sections(*specs.get(model, (None, None))) if file == SPEC else [file]
            found.setdefault(model, []).extend(own)
    return {model: those for model, those in found.items() if those}


def sections(before: Mapping | None, after: Mapping | None) -> list[str]:
    """Return the sections of the examination in which a spec differs; of one that can't be read the whole of it."""
    if after is None:
        return [SPEC]
    old = {} if before is None else {name: _section(before, name) for name in SECTIONS}
    return [name for name in SECTIONS if _section(after, name) != old.get(name, {})]


def _section(spec: Mapping, name: str) -> object:
    return fingerprints.with_defaults(spec, name)


def judges(paths: Iterable[str]) -> list[str]:
    """Return the changed files that may decide how every model is judged."""
    return sorted(filter(scope.decides, paths))


def told(examinations: Mapping[str, Collection[str]], judges: Collection[str]) -> str:
    """Return what a reviewer reads first; nothing where a pull request changes only models."""
    return "\n\n".join([*_examinations(examinations), *_judges(judges)])


def _examinations(those: Mapping[str, Collection[str]]) -> Iterator[str]:
    if those:
        shown = [f"{text(model)} ({_few([code(one) for one in those[model]])})" for model in those]
        besides = {one for own in those.values() for one in own} - {*SECTIONS, SPEC, faults.DATA, faults.CHECKS}
        beside = " A file beside `data.py` counts, since that can import it." if besides else ""
        yield f"**This changes the examination** of {_few(shown)}: its verdict is by the new one.{beside}"


def _judges(those: Collection[str]) -> Iterator[str]:
    if those:
        yield f"**This changes what judges**: {_few([code(one) for one in those])}. Its verdicts are by its own code."


def _few(those: list[str]) -> str:
    return listed([*those[:MOST], *([f"{len(those) - MOST:,} more"] if len(those) > MOST else [])])
