"""A past of digits, whose releases have their files, and of spam, which is gone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pasts
import pytest
import registries
import samples
from pasts import Past

from registry import versions

MARCH = 1_740_787_200  # 1 March 2025
DAY = 24 * 3600
ANNA, BEN = "Anna <anna@example.org>", "Ben\u202e\x1b[31m <ben@example.org>"
SPEC = (registries.TEMPLATE / "models/digits/model.yaml").read_text("utf-8")
FIRST = SPEC.replace("1.0.0", "1.1.0").replace("max_drop: 0.03", "max_drop: 0.01").partition("  latency_ms")[0]
SECOND = SPEC.replace("1.0.0", "1.2.0").replace("epochs: 5", "epochs: 8")


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """The repository, and main's commits; of the releases 1.1.0 and 1.2.0 of digits the files lie in releases/."""
    told = Past()
    told.commit(
        pasts.environments() | _folder("digits", FIRST, "def train(): ...\n", "helper.py"), "begin", MARCH, person=ANNA
    )
    told.release("digits", "1.1.0", 1, MARCH + 60, person=ANNA)
    told.commit(
        pasts.pin("staging", "digits", "1.1.0"), "promote digits@v1.1.0 to staging (#2)", MARCH + DAY, person=ANNA
    )
    better = _folder("digits", SECOND, "import x\n\n\ndef train(): x\n", "other\x1b.bin") | {
        "models/digits/helper.py": None
    }
    told.commit(better, "digits: more epochs (#3)", MARCH + 2 * DAY, person=BEN)
    told.commit({"README.md": "words\n"}, "words", MARCH + 3 * DAY)
    told.release("digits", "1.2.0", 4, MARCH + 3 * DAY + 60)
    told.commit(
        pasts.pin("staging", "digits", "1.2.0") | pasts.pin("production", "digits", "1.2.0"),
        "go\u202e \x1b[2J::set-output name=a::b", MARCH + 4 * DAY, person=BEN,
    )  # fmt: skip
    told.tag("digits@v1.1.0!", 1, "reads 7\x1b[2J as 1\n\nmore", MARCH + 5 * DAY, person=ANNA)
    told.commit(
        _folder("spam", "version: 0.1.0\n", "", "a.py") | pasts.pin("production", "digits", "9.0.0"),
        "spam",
        MARCH + 6 * DAY,
    )
    told.release("spam", "0.1.0", 6)
    told.commit(
        {path: None for path in _folder("spam", "", "", "a.py")} | pasts.pin("production", "spam", "0.1.0"),
        "no spam",
        MARCH + 7 * DAY,
    )
    told.commit(pasts.pin("production", "spam", None), "no spam at all", MARCH + 8 * DAY)
    told.commit({"models/digits/model.yaml": "version: 9.0.0\n"}, "never merged", MARCH, onto=1, branch="other")
    told.release("digits", "9.0.0", 9)
    root = tmp_path_factory.mktemp("past") / "root"
    commits = told.write(root)
    for report, mark in ((samples.report(version="1.1.0", **OLD), 1), (samples.sure(accept=[]), 4)):
        _put(root, report, commits[mark - 1])
    yield root, commits


OLD = {"incumbent": None, "changes": {"since": None, "differences": []}}


def _folder(model: str, spec: str, code: str, other: str) -> dict[str, str]:
    files = {"model.yaml": spec, "model.py": code, other: "a\0b" if other.endswith(".bin") else "a\n"}
    return {f"models/{model}/{name}": text for name, text in files.items()}


def _put(root: Path, report: dict, commit: str) -> None:
    """Put the release.json of a report where releases lie, of the bytes that its tag names."""
    tag = versions.tag(report["model"], report["version"])
    digest = pasts.sha256(report["model"], report["version"])
    facts = samples.release(report | {"artifact": report["artifact"] | {"sha256": digest}}) | {"commit": commit}
    folder = root / "releases" / tag
    folder.mkdir(parents=True)
    (folder / "release.json").write_text(json.dumps(facts), "utf-8")
