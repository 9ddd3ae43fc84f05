"""What the origin of a candidate says of golden predictions and runtimes; what was built before says nothing of them."""

import json
from pathlib import Path

import samples

from registry.formats import documents
from registry.showing import sections

ROW = "- **golden predictions**: 5 rows in the artifact, 15,680 bytes that size_mb does not count"


def test_the_size_of_golden_predictions_is_told_apart(tmp_path: Path) -> None:
    before, now = {"rows": 5, "size": 15_680}, {"rows": 5, "size": 15_680, "sha256": "a" * 64}
    told = ROW.replace(" in the artifact,", f" in the artifact, SHA-256 `{'a' * 64}`,")
    for golden, lines in (({"golden": before}, [ROW]), ({"golden": now}, [told]), ({}, [])):
        (tmp_path / "report.json").write_text(json.dumps(samples.report(**golden)))
        report = documents.load_json(tmp_path / "report.json", "report", "report.json", "build it again")
        page = sections.origin(report).splitlines()
        assert [line for line in page if line.startswith("- **golden predictions**")] == lines


def test_a_report_says_what_each_runtime_reached() -> None:
    runtimes = {"tensorflow": {"log_loss": 0.2, "accuracy": 0.975}, "litert": {"accuracy": None, "log_loss": 0.2}}
    page = sections.origin(samples.report(runtimes=runtimes))
    assert "- **judged by**: litert (accuracy -), tensorflow (accuracy 0.975)" in page
