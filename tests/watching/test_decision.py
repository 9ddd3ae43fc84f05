"""A version that is tried: how long it goes on, when it is put back, and when it gets the next share."""

import itertools
import json
import random

import pytest

from registry.watching import decision, remembered, uptime
from registry.watching.decision import ABORT, SETTLE, WAIT, WIDEN
from registry.watching.remembered import Count, Remembered
from registry.watching.tally import NOTHING, Figures, Tally
from registry.watching.uptime import Moment
from registry.environments import terms
from registry.environments.reconcile import Trial
from registry.environments.terms import Health, Limits, Rollout

MINUTE = 60
ONE_PERCENT = Limits(errors=0.01)
UNWATCHED, WATCHED = Health(120, 0, Limits(), None), Health(120, 5 * MINUTE, ONE_PERCENT, None)
EDGES = (0.01, 0.05, 0.1, float("inf"))


def trial(share: float = 0.1) -> Trial:
    return Trial("1.1.0", "ab" * 32, 1_000_000.0, share)


def served(requests: int, failed: int = 0, refused: int = 0, slow: tuple[int, ...] = (), **more: float) -> Figures:
    """Requests of which so many were slower than each edge but the last."""
    beyond = (*slow, *[0] * (len(EDGES) - len(slow)))
    return Figures(requests, failed, refused, tuple(zip(EDGES, [requests - one for one in beyond], strict=True)), **more)


def step(found: Figures | None, minutes: float, limits: Limits = ONE_PERCENT, share: float = 0.1, **more: object):
    rollout = Rollout(share, 30 * MINUTE, limits)
    terms = {"rollout": rollout, "health": UNWATCHED, "settled": None} | more
    return decision.decide(trial(share), minutes * MINUTE, found=found, **terms)


def test_it_waits_until_its_time_is_over_and_tells_what_was_counted():
    found = step(served(1240, 1, slow=(40, 3)), 12, Limits(0.01, 50.0))
    assert found.does == WAIT
    assert step(served(1240, is_apart=False), 12).told.endswith("requests failed, its server counts all versions together")
    assert found.told == (
        "1.1.0 is tried on 10% of the requests, for 12 minutes of 30 minutes: 0.0806% of 1,240 requests failed, "
        "0.242% of 1,240 requests took longer than 50 ms"
    )


@pytest.mark.parametrize(
    ("found", "limits", "share", "does"),
    [
        (served(1000), ONE_PERCENT, 0.1, SETTLE),
        (served(390), ONE_PERCENT, 0.1, SETTLE),
        (served(100), ONE_PERCENT, 0.1, WAIT),
        (served(1000, 30), ONE_PERCENT, 0.1, ABORT),
        (served(100, 4), ONE_PERCENT, 0.1, ABORT),
        (served(1000, slow=(900, 2)), Limits(p99_ms=50), 0.1, SETTLE),
        (served(1000, slow=(900, 30)), Limits(p99_ms=50), 0.1, ABORT),
        (served(1000, slow=(900, 30, 2)), Limits(p99_ms=60), 0.1, WAIT),
        (served(1000, slow=(900, 90, 30)), Limits(p99_ms=60), 0.1, ABORT),
        (served(1000, slow=(900, 2)), Limits(p99_ms=60), 0.1, SETTLE),
        (served(1000), Limits(p99_ms=5), 0.1, WAIT),
        (served(1000), Limits(p99_ms=5000), 0.1, SETTLE),
        (served(1000, compared=1000.0, differing=5.5), Limits(disagreement=0.02), 0.0, SETTLE),
        (served(1000, compared=1000.0, differing=50.5), Limits(disagreement=0.02), 0.0, ABORT),
        (served(1000, compared=10.0, differing=0), Limits(disagreement=0.02), 0.0, WAIT),
        (served(1000), Limits(disagreement=0.02), 0.0, WAIT),
        (served(100, 100, compared=1000.0, differing=0), Limits(0.01, 50, 0.02), 0.0, SETTLE),
        (None, ONE_PERCENT, 0.1, WAIT),
        (served(0), ONE_PERCENT, 0.1, WAIT),
        (Figures(), ONE_PERCENT, 0.1, WAIT),
        (served(5), Limits(errors=1.0), 0.1, SETTLE),
        (served(5, 1), Limits(errors=0.0), 0.1, ABORT),
    ],
)
def test_the_verdicts_at_the_end_decide(found, limits, share, does):
    assert step(found, 30, limits, share).does == does
    assert step(found, 30, limits, share, health=WATCHED).does == (WIDEN if does == SETTLE else does)


def test_what_cannot_be_told_goes_on_once_as_long_and_is_put_back_then():
    found = step(served(40), 31)
    assert found.does == WAIT
    doubt = "errors: 0% of 40 requests failed; 1% may, and about 390 requests would tell"
    assert found.told.endswith(f"; cannot tell yet: {doubt}")
    found = step(served(40), 60)
    assert (found.does, found.told) == (ABORT, f"cannot tell after 60 minutes: {doubt}")
    assert step(served(400), 45).does == SETTLE
    assert step(None, 60).told == "cannot tell after 60 minutes: nothing could be read of it"
    assert step(served(0), 60).told == f"cannot tell after 60 minutes: {doubt.replace('0% of 40 requests', 'no request')}"
    between = "p99_ms: 3% of 1,000 requests took longer than 60 ms; 1% may, and no number of requests tells"
    assert step(served(1000, slow=(900, 30, 2)), 60, Limits(p99_ms=60)).told == f"cannot tell after 60 minutes: {between}"


def test_what_is_surely_too_bad_is_put_back_at_once_and_one_failure_is_not():
    assert step(served(1, 1), 0.1).does == WAIT
    assert step(served(2, 2), 0.1).does == ABORT
    assert step(served(400, 7), 5).does == WAIT
    found = step(served(400, 20), 5, Limits(0.01, 50, 0.02))
    assert (found.does, found.told) == (ABORT, "errors: 5% of 400 requests failed; 1% may")
    assert step(served(100_000, 1100), 5).does == WAIT
    assert step(served(100_000, 2000), 5).does == ABORT


@pytest.mark.parametrize("seed", range(3))
def test_looking_often_puts_back_no_more_than_one_in_twenty_that_keep_the_limit(seed):
    drawn, ended = random.Random(seed), 0
    for _ in range(200):
        failed = itertools.accumulate(drawn.random() < 0.01 for _ in range(600))
        looks = ((number, bad) for number, bad in enumerate(failed, 1) if number % 10 == 0)
        ended += any(step(served(number, bad), 5).does == ABORT for number, bad in looks)
    assert ended <= 200 * 0.05 + 8


def test_what_clients_do_wrong_is_held_against_the_settled_version():
    usual = served(5000, refused=500)
    assert step(served(500, refused=55), 30, settled=usual).does == SETTLE
    found = step(served(500, refused=100), 30, settled=usual)
    assert (found.does, found.told) == (ABORT, "errors: 20% of 500 requests were refused; 11.7% may")
    assert step(served(10, refused=10), 1, settled=usual).does == ABORT
    assert step(served(500, refused=500), 30, settled=None).does == SETTLE
    assert step(served(500, refused=500), 30, settled=served(0)).does == SETTLE
    assert step(served(500, refused=500), 30, settled=served(2, refused=2)).does == SETTLE
    assert step(served(500, failed=50), 30, settled=served(2, 2)).does == ABORT


def test_what_answers_everything_is_watched_and_stays_where_nothing_speaks_against_it():
    watch = {"share": 1.0, "health": WATCHED}
    assert step(served(3), 4, **watch).does == WAIT
    assert step(served(3), 5, **watch).does == SETTLE
    assert step(served(0), 5, **watch).does == SETTLE
    assert step(served(3, 3), 1, **watch).does == ABORT
    assert step(None, 4, **watch).does == WAIT
    found = step(None, 5, **watch)
    assert (found.does, found.told) == (ABORT, "cannot tell after 5 minutes: nothing could be read of it")
    assert step(None, 0, share=1.0).does == SETTLE
    assert step(None, 0, rollout=None).does == SETTLE
    assert step(None, 0, rollout=None, health=WATCHED).does == WIDEN


def test_in_the_shadow_the_comparison_counts_unless_it_is_told_otherwise():
    assert terms.rollout({"shadow": True, "for": "30m"}) == Rollout(0.0, 30 * MINUTE, Limits(disagreement=0.02))
    assert terms.rollout({"canary": "10%", "for": "30m"}) == Rollout(0.1, 30 * MINUTE, ONE_PERCENT)


def test_how_long_it_is_tried_is_told_by_a_clock_that_nobody_sets_and_never_over_a_start_of_the_machine():
    first = Moment("one", 100.0)
    found = Count(5.0, first).looked(Moment("one", 160.0), served(100))
    assert found == Count(65.0, Moment("one", 160.0), Tally(served(100)), 0)
    for other in Moment("two", 900.0), Moment("one", 20.0):
        found = Count(65.0, first, misses=2).looked(other, None)
        assert found == Count(65.0, other, None, 3)
    assert Count(65.0, first, Tally(served(100)), 3).looked(first, served(130)).misses == 0
    assert 0 < uptime.since(uptime.now(), uptime.now()) < 60


def test_figures_grow_from_the_first_look_on_and_through_a_restart():
    first = served(100, 10, 5, slow=(50,), compared=4.5, differing=1.25)
    found = Tally(first)
    assert found.total == NOTHING
    found = found.looked(served(130, 11, 5, slow=(60,), compared=6.5, differing=1.5))
    assert found.total == served(30, 1, 0, slow=(10,), compared=2.0, differing=0.25)
    found = found.looked(served(20, 2, 1, slow=(20,), compared=1.0, differing=0))
    assert found.total == served(50, 3, 1, slow=(30,), compared=3.0, differing=0.25)
    found = found.looked(Figures(25, 2, 1, served(25).buckets))
    assert (found.total.requests, found.total.compared) == (55, None)


def test_what_is_counted_is_kept_in_a_file_and_what_nobody_can_have_kept_counts_for_nothing(tmp_path):
    found = Tally(served(100, 10)).looked(served(130, 11, compared=0.5, differing=0.25))
    kept = Remembered({("digits", "1.1.0"): Count(5.0, uptime.now(), found, 2)}, {"digits": ("1.0.0", "well")})
    remembered.write(tmp_path / "kept", kept)
    assert remembered.read(tmp_path / "kept") == kept
    written = json.loads((tmp_path / "kept").read_text())
    for key, value in itertools.product(("spent", "at", "misses", "tally"), (float("inf"), float("nan"), "x", [1], {"a": 1}, -1)):
        if (key, value) != ("misses", -1):
            (tmp_path / "kept").write_text(json.dumps(written | {"counts": [written["counts"][0] | {key: value}]}))
            assert remembered.read(tmp_path / "kept") == remembered.NOTHING, (key, value)
