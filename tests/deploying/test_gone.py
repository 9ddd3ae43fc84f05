"""What follows of a version that somebody took away: for plans, holds, withdrawals, trials, and the last model."""

from types import SimpleNamespace

import pytest

from registry.deploying import applying, rounds
from registry.environments import reconcile, withdrawn
from registry.environments.reconcile import Hold, Running, Trial
from registry.environments.terms import Pin
from registry.errors import RegistryError
from registry.formats.reader import Document
from registry.releases.ledger import Release

OLD, NEW = "a1" * 32, "b2" * 32
SETTLED = Running("1.0.0", OLD, True)
TRIED = Running("1.0.0", OLD, True, Trial("1.1.0", NEW, 1.5, 0.1))


def environment(version: str | None, sha256: str = OLD) -> SimpleNamespace:
    pins = {"digits": Pin("digits", version, sha256, Document("pin", {}, {}))} if version else {}
    return SimpleNamespace(name="staging", pins=pins, verb="deploy", takes_from="releases")


def gone(brought: Running) -> dict[str, Running]:
    return reconcile.with_gone({}, {"digits": brought})


def test_what_is_there_is_never_taken_for_gone() -> None:
    assert reconcile.with_gone({"digits": SETTLED}, {"digits": TRIED}) == {"digits": SETTLED}
    damaged = {"digits": Running("unknown", "", False)}
    assert reconcile.unlike(damaged, {"digits": SETTLED}, ["digits"]) == set(), "what nobody knows is not kept in mind"


@pytest.mark.parametrize("brought, version, sha256, planned", [
    (SETTLED, "1.0.0", OLD, ["! digits   1.0.0 (drift: gone; brought back)"]),
    (SETTLED, "1.0.0", NEW, ["+ digits   1.0.0"]),
    (SETTLED, "1.1.0", NEW, ["+ digits   1.1.0"]),
    (SETTLED, None, "", []),
    (TRIED, "1.1.0", NEW, ["! digits   1.1.0 (drift: gone; brought back)"]),
    (TRIED, "1.0.0", OLD, ["+ digits   1.0.0"]),
])  # fmt: skip
def test_it_is_missed_as_long_as_it_is_what_is_pinned(brought: Running, version: str | None, sha256: str, planned: list) -> None:
    found = rounds.plan(environment(version, sha256), gone(brought), {}, {}, prune=False)
    assert [str(one) for one in found] == planned


def test_the_last_model_that_is_gone_already_needs_no_leave_to_go() -> None:
    with pytest.raises(RegistryError, match="pins no model"):
        rounds.plan(environment(None), {"digits": SETTLED}, {}, {}, prune=False)
    assert rounds.plan(environment(None), gone(SETTLED), {}, {}, prune=False) == []


def test_a_held_version_that_is_gone_is_not_tried_again_but_what_answered_in_its_place_comes_back() -> None:
    place, holds = environment("1.1.0", NEW), {"digits": Hold("1.1.0", NEW, "answers wrongly", 1.5)}
    assert rounds.plan(place, gone(Running("1.1.0", NEW, True)), holds, {}, prune=False) == []
    (change,) = rounds.plan(place, gone(SETTLED), holds, {}, prune=False)
    assert str(change) == "! digits   1.0.0 (drift: gone; brought back)"


def test_a_withdrawn_version_that_is_gone_does_not_run_and_is_not_brought_anew() -> None:
    release = Release("digits", "1.0.0", "c" * 40, "f" * 64, OLD, 1, "pass", {}, "litert", withdrawn="bad")
    place, known = environment("1.0.0"), {"digits": [release]}
    assert withdrawn.refusals(place, {"digits": SETTLED}, known) == {}
    assert [one.text.partition(";")[0] for one in withdrawn.refusals(place, gone(SETTLED), known).values()] == [
        "digits@v1.0.0 is withdrawn: bad"
    ]
    assert withdrawn.kept(place, gone(SETTLED), known) == []


def test_one_that_was_only_tried_begins_as_a_first_version_does() -> None:
    pin = environment("1.1.0", NEW).pins["digits"]
    assert applying._settled(None, gone(TRIED)["digits"], pin) is None
    assert applying._settled(None, gone(SETTLED)["digits"], environment("1.0.0").pins["digits"]).version == "1.0.0"
