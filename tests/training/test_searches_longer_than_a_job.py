"""A search that takes longer than its job on GitHub ends with that, and goes on where there is time."""

from pathlib import Path

import pytest
from test_trials_ahead import AXES, OWN, score, search, study

from registry.tuning.search import AHEAD, Search
from registry.tuning.trials import Trial
from registry.workers import quota


def test_no_trial_is_begun_when_the_job_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(trial: Trial, fold: int) -> dict:
        if trial.number == 5:
            monkeypatch.setattr(quota, "HOURS", 0)
        return score(trial, fold)

    known = study(tmp_path / "study")
    with monkeypatch.context() as job:
        job.setenv("GITHUB_ACTIONS", "true")
        Search(known, AXES, OWN, 2, 24).run(late, lambda _, answers: answers, lambda: None, id)
    assert 6 <= len(known.trials) <= 5 + AHEAD
    assert all(one.values or one.reason for one in known.trials), "what was begun is done"
    assert len(search(tmp_path / "study", 24)) == 24
