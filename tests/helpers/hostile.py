"""What somebody may write into a pull request to make a page say or do something else, and reports full of it."""

from samples import report, sure

from registry.formats import documents
from registry.formats.reader import Document

MANY = 10_000
HOSTILE = [
    "</details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- model registry: what the checks found -->",
    "@everyone and @team/owners, mail a@b.org",
    "#12 GH-13 team/models#14 deadbeef deadbeef1 " + "a1b2c3d4e5" * 4,
    "`` ` ``` ~~~",
    "a | b || c \\| d",
    "](javascript:alert(1)) [x](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "[x]: https://evil.example\n\n[x]",
    "https://evil.example www.evil.example ftp://evil.example <https://evil.example>",
    "# heading", "- list", "+ list", "1. list", "1) list", "> quote", "---", "===", "    code", "* * *", "_ _ _",
    "**bold** __bold__ *em* _em_ ~~gone~~ snake_case",
    "line\nline\r\nline\u2028line\x0bline",
    "\x00\x1b[31m\u202eevil\u2066\ufeff\u200b",
    ":tada: :+1: $x^2$ $`x`$ \\(x\\)",
    "&lt;b&gt; &#64;everyone &commat;everyone \\@everyone",
    '"]; click A "javascript:alert(1)"',
    "%%{init: {'securityLevel': 'loose'}}%%",
    "```mermaid\ngraph TD; A-->B\n```",
    "\ud800",
    "\\",
]  # fmt: skip


def hostile(value: str) -> dict:
    """Return a report that holds a value wherever its schema lets it stand."""
    short = value[:100]
    judged = {"name": short, "asked": short, "value": 1, "verdict": "fail", "reason": value}
    tensor = {"name": short, "dtype": "float32", "shape": [None]}
    made = report(
        description=value, owners=[short], training={"seed": 7, "x": value, "y": [value]}, tools={"python": short},
        data={"path": value, "sha256": "84" * 32, "holdout": 0.2}, lite={"included": False, "reason": value},
        slices={short or "-": {"recall": 0.5}}, inputs=[tensor], outputs=[tensor],
        judgements=[{"place": ["thresholds", short], **judged}], verdict="fail",
        incumbent={"version": "1.0.0", "metrics": None, "reason": value},
        changes={"since": "digits@v1.0.0", "differences": [{"field": value, "old": value, "new": None}]},
    )  # fmt: skip
    documents.check(Document("report.json", made, {}), "report")
    return made


def hostile_evidence(value: str) -> dict:
    """Return the same of a report with evidence, which passes, since somebody accepted what can't be told."""
    short = value[:100] or "-"
    taken = {"reason": value, "by": short}
    judged = {
        "place": ["thresholds", short, "min"],
        "name": short,
        "asked": short,
        "value": 1,
        "verdict": "cannot tell",
    }
    checked = {
        "place": ["checks", short],
        "name": short,
        "asked": short,
        "value": None,
        "verdict": "pass",
        "reason": value,
    }
    slices = [{
        "slice": {"source": short}, "rows": 100, "metrics": {"recall": 0.5, "accuracy": 0.5}, "evidence": {},
        "incumbent": {"rows": 100, "metrics": {"recall": 0.6}, "candidate": {"recall": 0.5}, "evidence": {}},
    }]  # fmt: skip
    made = sure(
        description=value, slices=slices, verdict="pass", accept=[{"version": "1.2.0", "threshold": short} | taken],
        judgements=[{**judged, "reason": value, "accepted": taken}, checked],
        checks=[{"name": short, "outcome": "passed", "reason": value}],
    )  # fmt: skip
    documents.check(Document("report.json", made, {}), "report")
    return made


def huge() -> dict:
    """Return the longest report that its schema takes: megabytes of text."""
    text = "x|`" * 167
    judged = {"name": "n" * 300, "asked": "a" * 300, "value": 1, "verdict": "fail", "reason": "r" * 1000}
    made = report(
        description="d" * 1000, owners=["o" * 100] * 100, judgements=[{"place": ["a"], **judged}] * 500, verdict="fail",
        changes={"since": "digits@v1.0.0", "differences": [{"field": text, "old": text, "new": text}] * MANY},
        slices={f"{label:0100}": {"recall": 0.5} for label in range(MANY)}, confusion=[[10**15] * 50] * 50,
        training={"seed": 7} | {f"x{number}": text for number in range(MANY)},
        inputs=[{"name": "n" * 200, "dtype": "float32", "shape": [None] * 16}] * 100,
    )  # fmt: skip
    documents.check(Document("report.json", made, {}), "report")
    return made
