"""What golden predictions take is told beside the artifact; versions that were built before say nothing of it."""

import json
from pathlib import Path

import samples

from registry.formats import documents
from registry.judging import sections

ROW = "| golden predictions | 5 rows in the artifact, 15,680 bytes that size_mb does not count |"


def test_the_size_of_golden_predictions_is_told_apart(tmp_path: Path) -> None:
    for golden, lines in (({"golden": {"rows": 5, "size": 15_680}}, [ROW]), ({}, [])):
        (tmp_path / "report.json").write_text(json.dumps(samples.report(**golden)))
        report = documents.load_json(tmp_path / "report.json", "report", "report.json", "build it again")
        told = sections.origin(report).splitlines()
        assert [line for line in told if line.startswith("| golden predictions |")] == lines
