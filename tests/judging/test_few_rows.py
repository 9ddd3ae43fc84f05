"""Too few held-out rows are no pass, told on the line of the spec that holds them out."""

from pathlib import Path

from forks import verb
from registries import candidate


def test_a_candidate_with_too_few_held_out_rows_is_not_released(root: Path) -> None:
    candidate(root, rows={"train": 285, "holdout": 15})
    text = "15 held-out rows are too few to judge; hold out 30 or more"
    spec = (root / "models/digits/model.yaml").read_text().splitlines()
    line = 1 + next(number for number, one in enumerate(spec) if one.startswith("  holdout:"))
    assert verb(root, "publish", "digits", code=1) == (
        f"models/digits/model.yaml:{line}: data.holdout: {text}\n1 problem\n"
    )
