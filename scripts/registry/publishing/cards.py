"""The model card: a release's asset, for people who choose and use a model and have nothing but its files.

Its form is Hugging Face's, its parts are those of Mitchell et al. 2019, Model Cards for Model Reporting.
"""

import re
import shlex
from collections.abc import Mapping

from registry import versions
from registry.artifacts import engines
from registry.formats import reader
from registry.formats.markdown import code, details, fence, link, listed, table, text, titled
from registry.publishing import modelindex
from registry.releases.ledger import Release
from registry.showing import sections, summary
from registry.tasks import measures

LONGEST = 4000
PORT = 8501
GOLDEN = "assets.extra/golden.npz"
SAVED_MODEL = "a TensorFlow SavedModel"
ONNX = (
    "an ONNX model, `model.onnx`, which TensorFlow Serving does not take, and Triton and KServe's runtimes for ONNX do"
)
# makes a request of the first golden row, whose values are too many to be told
ASK = (
    'import json, numpy; golden = numpy.load("{file}"); names = [one for one in golden if one.startswith("inputs/")];'
    ' print(json.dumps({{"instances": [{{name[7:]: golden[name][0].tolist() for name in names}}]}}))'
)


def card(release: Release, report: Mapping) -> str:
    """Return a model card: a head for machines, then what it is for, how good it is, how to run and ask it."""
    told, seen = report.get("card", {}), summary.summarize(report)
    parts = [
        f"---\n{reader.write(modelindex.head(report))}---",
        f"# {release.model} {release.version}",
        sections.headline(seen),
        text(report["description"], most=1000),
        about(report),
        titled("Intended use", _prose(told.get("intended_use"))),
        titled("Out of scope", _prose(told.get("out_of_scope"))),
        titled("Limits", _prose(told.get("limits"))),
        titled("How good it is", _judged_on(report)),
        sections.metrics(seen),
        sections.plotted(report),
        titled("Classes", _classes(told.get("classes", []))),
        titled("Data", _data(told.get("data", {}))),
        titled("How to run it", _run(release, report)),
        titled("An example", _example(release, report)),
        titled("How it was made", details("commit, data, digests, tools", sections.origin(_made(release, report)))),
        titled("Licence", _licences(told)),
        titled("Contact", code(told["contact"], 200) if "contact" in told else ""),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _judged_on(report: Mapping) -> str:
    count, units = report["rows"]["holdout"], measures.units(report["task"])
    return f"Judged on {count:,} {units}{', by items' * (units != 'rows')} that training never saw."


def _made(release: Release, report: Mapping) -> dict:
    return {**report, "commit": release.commit, "clean": True}


def about(report: Mapping) -> str:
    """Return who answers for a model, and what goes in and comes out."""
    owners = listed([text(owner, most=100) for owner in report["owners"]])
    goes = f"Takes {sections.tensors(report['inputs'])}; gives {sections.tensors(report['outputs'])}."
    return f"Owners: {owners}. Task: {report['task']}. {goes}"


def _prose(words: str | None) -> str:
    """Return a person's words, in the paragraphs that they have."""
    return "\n\n".join(text(part, most=LONGEST) for part in re.split(r"\n\s*\n", words or "") if part.strip())


def _classes(names: list[str]) -> str:
    rows = [(str(label), text(name, most=100)) for label, name in enumerate(names)]
    return table(("label", "means"), rows, most=1000) if rows else ""


def _data(data: Mapping) -> str:
    named = (
        [link(f"**{text(data.get('name', 'The data'))}**", data.get("url"))] if data.keys() & {"name", "url"} else []
    )
    return "\n\n".join([*named, *filter(None, [_prose(data.get("description"))])])


def _licences(told: Mapping) -> str:
    """A licence that nobody named is not known, which is something else than none."""
    named = ("The model", told.get("licence")), ("The data", told.get("data", {}).get("licence"))
    return " ".join(f"{what} is under {text(licence, most=100)}." for what, licence in named if licence)


def _served(release: Release) -> str:
    return f"serving/{release.model}/{versions.to_integer(release.version)}"


def _run(release: Release, report: Mapping) -> str:
    served, artifact, model = _served(release), report["artifact"], release.model
    unpack = sections.command(
        f"{sections.verify(artifact)} &&", f"mkdir -p {served} && tar xf {artifact['name']} -C {served}"
    )
    script = sections.command(
        f"docker run --rm -p {PORT}:{PORT} \\",
        f'  -v "$PWD/serving/{model}:/models/{model}" -e MODEL_NAME={model} tensorflow/serving',
    )
    serve = code(f"tox run -e {engines.verb(report['runtime'])} -- --path serving")
    golden = f"{code(GOLDEN)} holds inputs with the outputs they must give."
    if report["runtime"] == "onnx":
        return "\n\n".join((unpack, f"In a clone of the registry: {serve}.", f"It is {ONNX}. {golden}"))
    others = f"Or without Docker, in a clone of the registry: {serve}."
    return "\n\n".join((unpack, script, others, f"It is {SAVED_MODEL}; {golden}"))


def _example(release: Release, report: Mapping) -> str:
    """Return a request to paste with the answer to it: of a row that training never saw."""
    example = report.get("example")
    if not example:
        return ""
    address = f"http://localhost:{PORT}/v1/models/{release.model}:predict"
    answer = f"answers, but for the last digits:\n\n{fence(example['answer'])}"
    if example["is_whole"]:
        asked = sections.command(f"curl {address} \\", f"  --data {shlex.quote(example['request'])}")
        return f"{asked}\n\n{answer}"
    script = shlex.quote(ASK.format(file=f"{_served(release)}/{GOLDEN}"))
    asked = sections.command(f"python3 -c {script} |", f"  curl {address} --data @-")
    return f"The request, of which only the beginning is shown:\n\n{fence(example['request'])}\n\n{asked}\n\n{answer}"
