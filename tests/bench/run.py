"""Measure what this repository promises about speed, and print it beside the targets. The machine should be idle."""

import importlib
import tempfile
from pathlib import Path

from registry import console

BENCHMARKS = {
    "scale": "validate, changed, status, promote and deploy of a thousand models beside gto show",
    "answers": "history, status, show, compare and why of a thousand models with a long past",
    "pages": "the catalogue of two hundred and of a thousand models",
    "agent": "a merged pin until its version answers, of one, a hundred and a thousand, and back with callers; idle rounds",
    "unpacking": "deploy of 1 GiB",
    "reading": "a version's operations, before it is loaded",
    "training": "build beside a bare script",
    "cores": "training on one core and on all",
    "serving": "serve beside MLServer",
    "weights": "an artifact beside its weights, and serve with ONNX",
    "examples": "build of each of the template's examples",
    "parts": "build of 10 GB of rows that load() yields in parts",
    "gate": "how often the gate passes, fails and can't tell, on real retrainings of digits; how long scoring takes",
}


def main() -> None:
    parser = console.parser(__doc__, "tox run -e bench -- scale unpacking")
    told = ", ".join(f"{name} ({what})" for name, what in BENCHMARKS.items())
    parser.add_argument(
        "names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=f"which, all by default: {told}"
    )
    rows: list[list[str]] = []
    for name in parser.parse_args().names or BENCHMARKS:
        console.say(f"measuring {name}: {BENCHMARKS[name]} ...")
        with tempfile.TemporaryDirectory() as folder:
            rows += importlib.import_module(name).measure(Path(folder))
    console.table(("what", "measured", "target", "met"), rows)


if __name__ == "__main__":
    console.run(main)
