"""How often a gate with this holdout stops a candidate that is so much worse in truth. Pure."""

import math
from collections.abc import Mapping

from registry.evidence import intervals

TIMES = (0, 0.5, 1, 2, 3)  # the margin


def characteristics(thresholds: Mapping, differences: Mapping[str, Mapping]) -> dict | None:
    """Return for each metric that may drop by a margin the chance of not passing, at true drops of some TIMES of it.

    Of a normal law of differences with the error that is told of this one; None where nothing is compared.
    """
    found = {}
    for metric, those in thresholds.items():
        for one in [those] if isinstance(those, Mapping) else those:
            if "max_drop" in one and not {"slice", "by"} & one.keys() and differences.get(metric, EXACT) != EXACT:
                margin, evidence = one["max_drop"], differences[metric]
                stopped = [[times, round(_stopped(margin, times * margin, evidence), 4)] for times in TIMES]
                found[metric] = {"margin": margin, "stopped": stopped}
    return found or None


EXACT = {"kind": "exact"}


def _stopped(margin: float, drop: float, evidence: Mapping) -> float:
    error, room = _error(evidence, drop), margin - drop
    return intervals.NORMAL.cdf(intervals.z(intervals.LEVEL) - room / error) if error else float(room < 0)


def _error(evidence: Mapping, drop: float) -> float:
    """Return the standard error of a difference where the true drop is so large.

    As many rows as now then change either way, and those of the drop are worse.
    """
    if evidence["kind"] == "paired":
        rows = evidence["rows"]
        share = (evidence["better"] + evidence["worse"] + 2) / (rows + 2)
        return math.sqrt(max(min(share + drop, 1) - drop**2, 1 / rows) / rows)
    return intervals.error(evidence, 0.0)
