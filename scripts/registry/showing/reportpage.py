"""The report of a candidate as a page for people: the verdict first, then what it rests on. Pure."""

from collections.abc import Iterator, Mapping

from registry.formats.markdown import RELEASE_LIMIT, Section, fit, text, titled
from registry.showing import asides, sections, summary
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
    yield "other metrics", titled("Other metrics", sections.others(told)), 50
    yield "slices", titled("Slices", sections.slices(report)), 45
    yield "plots", titled("Plots", sections.plotted(report)), 30
    yield "cross-validation", titled("Cross-validation", sections.cross_validation(report)), 40
    yield "calibration", titled("Calibration", sections.calibration(report)), 25
    yield "residuals", titled("Residuals", sections.residuals(report)), 25
    yield "clusters", titled("Clusters", asides.clusters(report)), 25
    yield "confusion", titled("Confusion", sections.confusion(report)), 20
    yield "how sure the gate is", titled("How sure the gate is", sections.judged_by(told)), 35
    yield "how it was made", titled("How it was made", sections.origin(report)), 70
