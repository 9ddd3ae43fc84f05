"""The model card: the page of a release, for people who choose and use a model."""

from registry import reports
from registry.releases import Release


def card(release: Release, report: dict) -> str:
    """Return a model card in Markdown: what it does, how good it is, how to check and run it, how it was made."""
    artifact = report["artifact"]["name"]
    inputs = ", ".join(f"`{one['name']}` {one['dtype']} {_shape(one)}" for one in report["inputs"])
    outputs = ", ".join(f"`{one['name']}` {one['dtype']} {_shape(one)}" for one in report["outputs"])
    run = f"sha256sum --check --ignore-missing SHA256SUMS\nmkdir {release.model} && tar xf {artifact} -C {release.model}"
    parts = [
        f"# {release.model} {release.version}",
        report["description"],
        f"Owners: {', '.join(report['owners'])}. Task: {report['task']}. Takes {inputs}; gives {outputs}.",
        "## How good it is",
        f"Judged on {report['rows']['holdout']:,} rows that training never saw: **{report['verdict']}**.",
        reports.judgements_table(report),
        reports.recall_chart(report["slices"]),
        "## How to run it",
        f"```sh\n{run}\n```",
        "The folder is a TensorFlow SavedModel; `assets.extra/golden.json` holds inputs with the outputs they must give.",
        reports.origin_section(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _shape(tensor: dict) -> str:
    return "×".join("rows" if size is None and not place else str(size or "any") for place, size in enumerate(tensor["shape"]))
