"""The report of a candidate as a page for people: the verdict first, then what it rests on. Pure."""

from collections.abc import Iterator, Mapping

from registry.formats.markdown import RELEASE_LIMIT, Section, fit, text, titled
from registry.showing import sections, summary
from registry.showing.summary import Summary


def page(report: Mapping) -> str:
    """Return the report as Markdown: the verdict first, then what it rests on."""
    told = summary.summarize(report)
    return fit([Section(name, body, worth) for name, body, worth in _parts(report, told)], RELEASE_LIMIT)


def _parts(report: Mapping, told: Summary) -> Iterator[tuple[str, str, int]]:
    yield "verdict", sections.headline(told), 100
    yield "description", text(report["description"], most=1000), 85
    yield "metrics", sections.metrics(told), 90
    yield "what else to know", sections.noted(told), 88
    yield "what changed", titled("What changed", sections.changes(report)), 60
    for name, body, worth in sections.folded(report, told):
        yield name, titled(name.capitalize(), body), worth
    yield "how it was made", titled("How it was made", sections.origin(report)), 70
