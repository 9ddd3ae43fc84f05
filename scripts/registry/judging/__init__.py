"""Whether a model is good enough: candidates, reports, incumbents and verdicts; metrics are computed in scoring."""
