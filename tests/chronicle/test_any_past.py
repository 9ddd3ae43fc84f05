"""Whatever main went through, the events tell it: applied one after the other they give what Git holds at each commit."""

from pathlib import Path

import pasts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pasts import Past

from registry import git, versions
from registry.chronicle import annals, record, sequel
from registry.chronicle.events import Event
from registry.environments import manifests
from registry.errors import RegistryError
from registry.formats import documents, reader

PLACES, MODELS = ("staging", "production"), ("digits", "spam")
PINS = [manifests.pin_place(place, model) for place in PLACES for model in MODELS]
DIGEST = pasts.sha256("digits", "1.0.0")
NUMBER = f"{'1' * 20}e{'1' * 43}"  # which YAML 1.1 reads otherwise
AHEAD = 2**40  # seconds
Pins = dict[tuple[str, str], tuple[str, str]]
texts = st.sampled_from([
    manifests.pin_text("1.0.0", DIGEST), manifests.pin_text("1.1.0", DIGEST), manifests.pin_text("1.10.0", DIGEST),
    manifests.pin_text("1.0.0", 64 * "a"), manifests.pin_text("1.0.0", NUMBER), manifests.pin_text("1.0.0", 64 * "1"),
    manifests.pin_text("01.0.0", DIGEST), manifests.pin_text("1.1000.0", DIGEST), manifests.pin_text("1.0", DIGEST),
    f"# odd, and good\nsha256: {DIGEST}\nversion: '1.1.0'", f"version: 1.0.0\r\nsha256: {DIGEST}\r\n", "", "\udcff",
    None,
])  # fmt: skip
pins = st.tuples(st.sampled_from(PINS), texts, st.sampled_from(["100644", "100755"]))
links = st.tuples(st.sampled_from(PINS), st.just("other.yaml"), st.just("120000"))
spots = st.tuples(
    st.sampled_from([
        *pasts.environments(), "environments/staging", f"{PINS[0]}/deep.yaml", "environments/staging/.hidden.yaml",
        "environments/releases.yaml", "environments/staging/digits.yml", "models/digits/model.yaml",
    ]),
    st.sampled_from(["words: a\n", None]), st.just("100644"),
)  # fmt: skip
PAST = [pasts.START, pasts.START + 10_000, pasts.START - 10_000, 0, -10_000]


def steps(dates: list[int]) -> st.SearchStrategy:
    """Commits of main: what becomes of files, when, and whether a branch comes with it."""
    changes = st.lists(st.one_of(pins, pins, pins, links, spots), max_size=3)
    return st.tuples(changes, st.sampled_from(dates), st.booleans())


@given(went=st.lists(steps([*PAST, AHEAD]), min_size=3, max_size=10))
@settings(max_examples=8)
def test_events_applied_in_order_give_the_pins_that_git_holds_at_each_commit(
    tmp_path_factory: pytest.TempPathFactory, went: list
) -> None:
    root = tmp_path_factory.mktemp("past") / "root"
    mine = write(root, went)
    middle = len(mine) // 2
    told, half = record.read(root), record.read(root, mine[middle])  # the second of what is kept of the first
    held = held_by(root, mine)
    assert applied(told.events, mine) == held
    assert {lane: stay[2:4] for lane, stay in told.pinned.items()} == held[-1]
    assert half.events == [one for one in told.events if mine.index(one.moment.commit) <= middle]
    times = [one.moment.time for one in told.events if one.moment.time < AHEAD]
    assert times == sorted(times)


@given(
    old=st.lists(steps(PAST), max_size=5),
    new=st.lists(steps([*PAST, AHEAD]), max_size=5),
    tagged=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(PAST)), max_size=6),
)
@settings(max_examples=12)
def test_what_came_since_is_told_as_if_all_were_read_anew(
    tmp_path_factory: pytest.TempPathFactory, old: list, new: list, tagged: list
) -> None:
    root = tmp_path_factory.mktemp("past") / "root"
    mine = write(root, old + new, tagged)
    begun = annals.gather(root, mine[len(old)])
    changed = [f"digits@v1.{number}.0" for number in range(len(tagged))][:2]
    for name in changed:
        git.run(root, "update-ref", f"refs/tags/{name}", mine[-1])
    assert sequel.find(begun, mine[-1], changed) in (None, annals.gather(root, mine[-1]))


def write(root: Path, went: list, tagged: list[tuple[int, int]] = ()) -> list[str]:
    """Make the repository, with releases on some of all commits and of some dates; return main's commits, oldest first."""
    past = Past()
    marks = [past.commit(pasts.environments())]
    for changes, date, is_merge in went:
        files = {path: text for path, text, _ in changes}
        modes = {path: mode for path, _, mode in changes}
        side = []
        if is_merge:
            branch = f"topic-{marks[-1]}"
            side = [past.commit(pasts.pin("staging", "digits", "3.0.0"), onto=marks[-1], branch=branch)]
        marks.append(past.commit(files, date=date, merged=side, modes=modes))
    for number, (at, date) in enumerate(tagged):
        past.release("digits", f"1.{number}.0", 1 + at % past.count, date)
    commits = past.write(root)
    return [commits[mark - 1] for mark in marks]


def held_by(root: Path, commits: list[str]) -> list[Pins]:
    """Return what each commit pins in environments that it holds, as the strict reader has it."""
    asked = [(commit, path) for commit in commits for path in (*pasts.environments(), *PINS)]
    names = "".join(f"{commit}:{path}\n" for commit, path in asked)
    kinds = git.run(root, "cat-file", "--batch-check=%(objecttype)", given=names).splitlines()
    files = [one for one, kind in zip(asked, kinds, strict=True) if kind == "blob"]
    held = dict(zip(files, git.read(root, [":".join(one) for one in files]), strict=True))
    found: list[Pins] = []
    for commit in commits:
        there = [place for place in PLACES if (commit, f"environments/{place}.yaml") in held]
        lanes = {(place, model): manifests.pin_place(place, model) for place in there for model in MODELS}
        read = {lane: parsed(path, held[commit, path]) for lane, path in lanes.items() if (commit, path) in held}
        found.append({lane: pin for lane, pin in read.items() if pin})
    return found


def parsed(path: str, raw: bytes) -> tuple[str, str] | None:
    try:
        found = documents.check(reader.parse(path, raw), "pin").data
    except RegistryError:
        return None
    return None if versions.fault(found["version"]) else (found["version"], found["sha256"])


def applied(events: list[Event], commits: list[str]) -> list[Pins]:
    """Return what is pinned after the events of each commit."""
    here: Pins = {}
    found = []
    for commit in commits:
        for event in (one for one in events if one.moment.commit == commit):
            lane = event.environment, event.model
            assert event.before == (here[lane][0] if event.kind in ("moved", "rolled back") else None)
            if event.kind == "removed":
                assert here.pop(lane) == (event.version, event.sha256)
            else:
                assert (event.kind == "pinned") == (lane not in here)
                here[lane] = event.version, event.sha256
        found.append(dict(here))
    return found
