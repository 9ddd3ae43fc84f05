"""The model card: a release's asset, for people who choose and use a model and have nothing but its files."""

from registry.formats.markdown import listed, text, titled
from registry.judging import sections
from registry.releases.ledger import Release
from registry.showing import summary


def card(release: Release, report: dict) -> str:
    """Return a model card in Markdown: what it does, how good it is, how to check and run it, how it was made."""
    told = summary.summarize(report)
    check = f"{sections.verify(report['artifact'])} &&"
    unpack = f"mkdir {release.model} && tar xf {report['artifact']['name']} -C {release.model}"
    parts = [
        f"# {release.model} {release.version}",
        text(report["description"], most=1000),
        about(report),
        titled("How good it is", f"Judged on {report['rows']['holdout']:,} rows that training never saw."),
        sections.headline(told),
        sections.metrics(told),
        sections.plotted(report),
        titled("How to run it", sections.command(check, unpack)),
        "It is a TensorFlow SavedModel; `assets.extra/golden.npz` holds inputs with the outputs they must give.",
        titled("How it was made", sections.origin({**report, "commit": release.commit, "clean": True})),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def about(report: dict) -> str:
    """Return who answers for a model, and what goes in and comes out."""
    owners = listed([text(owner, most=100) for owner in report["owners"]])
    goes = f"Takes {sections.tensors(report['inputs'])}; gives {sections.tensors(report['outputs'])}."
    return f"Owners: {owners}. Task: {report['task']}. {goes}"
