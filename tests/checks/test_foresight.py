"""What held-out rows can't decide is told before anything is trained, from the last report on this machine."""

from pathlib import Path

import pytest
from forks import verb
from registries import candidate, commit, template

SPEC = "models/digits/model.yaml"
EVIDENCE = {"accuracy": {"kind": "share", "count": 950, "rows": 1000}, "latency_ms": {"kind": "exact"}}
COMPARED = {
    "version": "0.9.0", "metrics": {"accuracy": 0.952}, "candidate": {"accuracy": 0.95}, "rows": 1000, "reason": None,
    "evidence": {"accuracy": {"kind": "paired", "better": 17, "worse": 19, "rows": 1000}},
}  # fmt: skip
TOLD = {
    "{min: 0.9, max_drop: 0.03}": [],
    "{min: 0.94}": [
        "min: accuracy like the last one, 0.95, is told from 0.94 by about 5,200 rows, and there are 1,000; ask for what they"
        " can tell, or hold out more"
    ],
    "{max_drop: 0.01}": [
        "max_drop: 0.01 needs about 4,100 rows; these 1,000 can see drops of 2 points in accuracy; ask for what they can tell, or"
        " hold out more"
    ],
    "{min: 0.94, by: estimate}": [],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = template(tmp_path_factory.mktemp("repository"))
    baseline = {
        "kind": "majority",
        "answer": "3",
        "metrics": {"accuracy": 0.1},
        "evidence": {"accuracy": {"kind": "exact"}},
    }
    more = {"baseline": baseline, "proof": {"refused": 1, "reason": None}, "checks": [], "accept": [], "slices": []}
    rows = {"train": 4000, "holdout": 1000}
    candidate(made, evidence=EVIDENCE, incumbent=COMPARED, rows=rows, **more)
    return made


@pytest.mark.parametrize("asked", TOLD)
def test_validate_tells_what_the_last_rows_would_leave_undecided(root: Path, asked: str) -> None:
    lines = (root / SPEC).read_text("utf-8").splitlines()
    (place,) = (place for place, line in enumerate(lines) if line.startswith("  accuracy:"))
    lines[place] = f"  accuracy: {asked}"
    (root / SPEC).write_text("\n".join(lines) + "\n", "utf-8")
    said = [line for line in verb(root, "validate").splitlines() if "thresholds." in line]
    assert said == [f"{SPEC}:{place + 1}: thresholds.accuracy.{told}" for told in TOLD[asked]]


def test_what_is_accepted_for_another_version_counts_for_nothing_and_validate_says_so(tmp_path: Path) -> None:
    root = template(tmp_path)
    accept = "accept: {version: 0.9.0, threshold: accuracy.min, reason: Labelled twice., by: ada}\n"
    with (root / SPEC).open("a", encoding="utf-8") as spec:
        spec.write(accept)
    commit(root)
    line = len((root / SPEC).read_text("utf-8").splitlines())
    told = f"{SPEC}:{line}: accept.version: is for 0.9.0, and this is 1.0.0: it counts for nothing; take it out"
    assert told in verb(root, "validate").splitlines()


def test_a_damaged_report_of_the_last_build_keeps_nobody_from_validating(root: Path) -> None:
    (root / "candidates/digits/report.json").write_text("{")
    assert "all valid" in verb(root, "validate")
