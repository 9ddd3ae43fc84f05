"""The head of a model card says of a ranking how many items count, and calls no task what Hugging Face has not."""

import pytest

from registry.publishing import modelindex

USUAL = {
    "model": "films", "runtime": "litert", "inputs": [{"name": "user", "dtype": "int64", "shape": [None]}],
    "data": {"path": "rows.csv", "sha256": "0" * 64},
}  # fmt: skip


@pytest.mark.parametrize("task, metric, ranking, args", [
    ("ranking", "recall", {"k": 10}, {"args": {"k": 10}}), ("clustering", "ari", None, {}),
])  # fmt: skip
def test_a_metric_of_a_ranking_is_of_its_first_items(task: str, metric: str, ranking: dict | None, args: dict) -> None:
    head = modelindex.head(USUAL | {"task": task, "ranking": ranking, "metrics": {metric: 0.5, "size_mb": 3}})
    assert head["pipeline_tag"] == "other" and task in head["tags"]
    assert head["model-index"][0]["results"][0]["metrics"] == [{"type": metric, "name": metric, "value": 0.5} | args]
