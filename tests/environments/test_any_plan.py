"""Plans for any pins and anything that runs: they make it so, and remove nothing by accident."""

from hypothesis import given
from hypothesis import strategies as st

from registry.environments import reconcile
from registry.destinations.directory import Running
from registry.environments.manifests import Pin
from registry.errors import RegistryError
from registry.formats.reader import Document

NAMES = st.sampled_from(["digits", "ham", "spam"])

PINNED = st.tuples(st.sampled_from(["1.0.0", "1.1.0"]), st.sampled_from(["a" * 64, "b" * 64]))

DESIRED = st.dictionaries(NAMES, PINNED).map(
    lambda pins: {model: Pin(model, *pin, Document("", {}, {})) for model, pin in pins.items()}
)

ACTUAL = st.dictionaries(NAMES, st.builds(lambda pin, healthy: Running(*pin, healthy), PINNED, st.booleans()))


def applied(plan: list[reconcile.Change], desired: dict[str, Pin], actual: dict[str, Running]) -> dict[str, Running]:
    """Return what runs after a plan: each change leaves the pinned version, healthy, or nothing."""
    after = dict(actual)
    for change in plan:
        if change.kind == "remove":
            del after[change.model]
        else:
            after[change.model] = Running(change.new, desired[change.model].sha256, True)
    return after


@given(DESIRED, ACTUAL)
def test_a_plan_makes_what_runs_what_is_pinned_and_then_nothing_is_left_to_do(desired: dict, actual: dict) -> None:
    after = applied(reconcile.plan(desired, actual), desired, actual)
    assert after == {model: Running(pin.version, pin.sha256, True) for model, pin in desired.items()}
    assert reconcile.plan(desired, after) == []


@given(DESIRED, ACTUAL)
def test_a_plan_names_exactly_the_models_that_differ_once_and_sorted(desired: dict, actual: dict) -> None:
    wanted = {model: Running(pin.version, pin.sha256, True) for model, pin in desired.items()}
    differing = sorted(model for model in wanted.keys() | actual.keys() if wanted.get(model) != actual.get(model))
    assert [change.model for change in reconcile.plan(desired, actual)] == differing


@given(DESIRED, ACTUAL)
def test_a_plan_removes_only_what_is_not_pinned_and_adds_only_what_does_not_run(desired: dict, actual: dict) -> None:
    kinds = {change.model: change.kind for change in reconcile.plan(desired, actual)}
    assert {model for model, kind in kinds.items() if kind == "remove"} == actual.keys() - desired.keys()
    assert {model for model, kind in kinds.items() if kind == "add"} == desired.keys() - actual.keys()


@given(DESIRED, ACTUAL, st.booleans())
def test_only_prune_lets_a_plan_leave_nothing_running(desired: dict, actual: dict, prune: bool) -> None:
    try:
        reconcile.guard("staging", desired, actual, prune, "deploy")
    except RegistryError:
        assert actual and not desired and not prune
    else:
        assert desired or not actual or prune
