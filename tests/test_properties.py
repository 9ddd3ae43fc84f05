"""What holds for any input: the YAML reader, versions, fingerprints, archives and the plan."""

import contextlib
import copy
import functools
import hashlib
import io
import json
import operator
import string
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from registries import TEMPLATE, template

from registry import versions
from registry.artifacts import archive
from registry.artifacts.archive import Artifact
from registry.environments import manifests, reconcile
from registry.environments.directory import Running
from registry.environments.manifests import Pin
from registry.errors import RegistryError
from registry.formats import reader
from registry.formats.reader import Document
from registry.specs import fingerprints, models
from registry.specs.fingerprints import Recipe

WORDS = st.text(string.ascii_letters + " äé×€😀", min_size=1, max_size=12)
NUMBERS = st.integers(-(10**15), 10**15) | st.integers(-(10**6), 10**6).map(lambda number: number / 1000)
PLAIN = st.recursive(
    WORDS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(WORDS, PLAIN, min_size=1, max_size=4)

# What numbers, dates and truth values are made of, and what YAML's own marks are.
SCALARS = st.text("0123456789.eE+-_:xobTtZ~=<", max_size=8) | st.sampled_from(
    [
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "N",
        "true",
        "TRUE",
        "null",
        "Null",
        ".inf",
        "-.INF",
        ".NaN",
        "1e3",
        "0x1F",
        "0b1",
        "<<",
    ]
)
MARKS = st.text("ab01 :#-?[]{},&*!|>'\"%@`\\.\n\t", max_size=40)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("digits"))


def parsed(raw: bytes) -> Document | None:
    """Return the document that the strict reader takes without any problem, or None."""
    try:
        document = reader.parse("a.yaml", raw)
    except RegistryError as error:
        assert error.problems
        assert all(str(problem).isprintable() for problem in error.problems)
        return None
    return None if document.problems else document


def assert_read_as_others_do(text: str) -> None:
    """Hold a document that the strict reader takes against both of PyYAML's readers; the slow one refuses more."""
    document = parsed(text.encode())
    if document:
        assert repr(document.data) == repr(yaml.load(text, yaml.CSafeLoader))
        with contextlib.suppress(yaml.YAMLError):
            assert repr(document.data) == repr(yaml.load(text, yaml.SafeLoader))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    parsed(raw)


@given(st.text(max_size=60) | MARKS)
def test_a_document_that_is_taken_reads_as_other_readers_read_it(text: str) -> None:
    assert_read_as_others_do(text)
    assert_read_as_others_do(f"a: {text}\n")


@given(SCALARS)
def test_a_plain_value_that_is_taken_means_the_same_to_other_readers(text: str) -> None:
    assert_read_as_others_do(f"a: {text}\n")
    assert_read_as_others_do(f"a: [{text}]\n")


@given(DOCUMENTS)
def test_a_document_in_json_reads_as_json(data: dict) -> None:
    assert repr(parsed(json.dumps(data, ensure_ascii=False).encode()).data) == repr(data)


@given(DOCUMENTS)
def test_a_dumped_document_reads_as_what_was_dumped_unless_readers_differ_over_it(data: dict) -> None:
    document = parsed(yaml.safe_dump(data, allow_unicode=True).encode())
    assert document is None or document.data == data


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=6))
def test_every_field_has_the_line_on_which_it_stands(gaps: list[tuple[int, int]]) -> None:
    lines, expected = [], {}
    for number, (above, inside) in enumerate(gaps):
        lines += ["# a comment"] * above + [f"outer{number}:"]
        expected[f"outer{number}",] = len(lines)
        lines += [""] * inside + ["  inner: [1,", "    2]"]
        expected[f"outer{number}", "inner"] = len(lines) - 1
        expected[f"outer{number}", "inner", 1] = len(lines)
    document = parsed("\n".join(lines).encode())
    assert {place: document.line(*place) for place in expected} == expected


DIGITS = reader.parse("model.yaml", (TEMPLATE / "models/digits/model.yaml").read_bytes()).data
PRODUCTION = reader.parse("production.yaml", (TEMPLATE / "environments/production.yaml").read_bytes()).data
WRONG = (
    st.none()
    | st.booleans()
    | NUMBERS
    | WORDS
    | st.lists(WORDS, max_size=2)
    | st.dictionaries(WORDS, NUMBERS, max_size=2)
)


def places(value: object, place: tuple = ()) -> list[tuple]:
    """Return every place in a document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*place, step) for step, _ in steps] + [
        one for step, child in steps for one in places(child, (*place, step))
    ]


def with_another(document: dict, place: tuple, value: object) -> dict:
    changed = copy.deepcopy(document)
    *above, last = place
    functools.reduce(operator.getitem, above, changed)[last] = value
    return changed


@given(st.sampled_from(places(DIGITS)), WRONG)
def test_a_spec_with_any_value_in_any_place_is_taken_or_refused_in_lines(
    digits: Path, place: tuple, value: object
) -> None:
    file = digits / "models/digits/model.yaml"
    file.write_text(json.dumps(with_another(DIGITS, place, value), ensure_ascii=False), "utf-8")
    found, problems = models.load_some(digits, [])
    assert bool(found) != bool(problems)
    assert all(str(problem).isprintable() for problem in problems)


@given(st.sampled_from(places(PRODUCTION)), WRONG)
def test_an_environment_with_any_value_in_any_place_is_taken_or_refused_in_lines(
    digits: Path, place: tuple, value: object
) -> None:
    file = digits / "environments/production.yaml"
    file.write_text(json.dumps(with_another(PRODUCTION, place, value), ensure_ascii=False), "utf-8")
    found, problems = manifests.load_all(digits)
    assert ("production" in found) != bool(problems)
    assert all(str(problem).isprintable() for problem in problems)


PARTS = st.integers(0, versions.LARGEST_PART)
VERSIONS = st.tuples(st.integers(0, versions.LARGEST_MAJOR), PARTS, PARTS)


def text_of(parts: tuple[int, ...]) -> str:
    return ".".join(map(str, parts))


@given(VERSIONS)
def test_a_version_goes_through_the_integer_of_tensorflow_serving(parts: tuple[int, int, int]) -> None:
    number = versions.to_integer(text_of(parts))
    assert number < 2**63
    assert versions.from_integer(number) == text_of(parts)
    assert versions.fault(text_of(parts)) is None


@given(VERSIONS, VERSIONS)
def test_versions_are_ordered_by_their_numbers(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    first, second = text_of(one), text_of(other)
    assert (versions.parse(first) < versions.parse(second)) == (one < other)
    assert (versions.to_integer(first) < versions.to_integer(second)) == (one < other)


@given(VERSIONS)
def test_a_raised_version_is_higher_and_can_be_served(parts: tuple[int, int, int]) -> None:
    text = text_of(parts)
    for raised in versions.raised(text):
        assert versions.parse(raised) > versions.parse(text)
        assert versions.fault(raised) is None


@given(
    st.text(max_size=20)
    | st.text("0123456789.v-", max_size=20)
    | st.integers(1, 6000).map(lambda size: f"{'1' * size}.0.0")
)
def test_any_text_is_a_version_or_has_a_fault_that_says_so_in_a_line(text: str) -> None:
    fault = versions.fault(text)
    if fault is None:
        assert versions.from_integer(versions.to_integer(text)) == text
    else:
        assert fault.isprintable() and len(fault) < 300


KEYS = st.sampled_from(["a", "b", "a.b"])
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none() | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)
EVALUATIONS = st.fixed_dictionaries({}, optional={"folds": NUMBERS, "slices": st.lists(WORDS, max_size=2)})
DATA = st.fixed_dictionaries({"path": st.just("rows.csv"), "sha256": WORDS}, optional={"holdout": NUMBERS})
SPECS = st.fixed_dictionaries(
    {
        "version": st.just("1.0.0"),
        "description": WORDS,
        "owners": st.lists(WORDS),
        "task": st.sampled_from(["classification", "regression"]),
        "data": DATA,
        "training": st.dictionaries(st.sampled_from(["seed", "epochs", "layers"]), VALUES),
        "thresholds": st.just({}),
    },
    optional={"evaluation": EVALUATIONS},
)
CODE_NAMES = st.sampled_from(["model.py", "layers.py", "training.seed", "task", "data"])
PROSE_NAMES = st.sampled_from(["README.md", "notes/a.md", ".hidden", "__pycache__/a.pyc", "model.yaml", "rows.csv"])
CODE = st.dictionaries(CODE_NAMES, st.binary(max_size=2))
PROSE = st.dictionaries(PROSE_NAMES, st.binary(max_size=2))
RECIPES = st.builds(fingerprints.recipe, SPECS, CODE)


def backwards(value: object) -> object:
    return {key: backwards(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


@given(SPECS, CODE, PROSE, WORDS)
def test_order_and_prose_and_what_only_judges_leave_the_fingerprint_alone(
    spec: dict, code: dict, prose: dict, word: str
) -> None:
    expected = fingerprints.recipe(spec, code).fingerprint
    other = backwards(spec) | {
        "version": "2.0.0",
        "description": word,
        "owners": [word],
        "thresholds": {"f1": {"min": 1}},
    }
    assert fingerprints.recipe(other, backwards(prose | code)).fingerprint == expected


@given(SPECS, CODE)
def test_a_default_written_out_leaves_the_fingerprint_alone(spec: dict, code: dict) -> None:
    written = spec | {name: fingerprints.with_defaults(spec, name) for name in ("data", "evaluation")}
    assert fingerprints.recipe(written, code).fingerprint == fingerprints.recipe(spec, code).fingerprint


@given(SPECS, CODE, st.data())
def test_any_other_field_or_code_file_changes_the_fingerprint_and_is_named(
    spec: dict, code: dict, data: st.DataObject
) -> None:
    before = fingerprints.recipe(spec, code)
    fields = [("training", name) for name in spec["training"]] + [
        ("data", "sha256"),
        ("evaluation", "folds"),
        ("data", "holdout"),
    ]
    section, name = data.draw(st.sampled_from(fields))
    after = fingerprints.recipe(spec | {section: spec.get(section, {}) | {name: "another"}}, code)
    assert after.fingerprint != before.fingerprint
    assert any(one.field.startswith(f"{section}.{name}") for one in fingerprints.differences(before, after))
    file = data.draw(st.sampled_from(["model.py", "layers.py"]))
    after = fingerprints.recipe(spec, code | {file: b"another"})
    assert after.fingerprint != before.fingerprint
    assert [one.field for one in fingerprints.differences(before, after)] == [file]


@given(RECIPES, RECIPES)
def test_two_recipes_differ_in_something_exactly_when_their_fingerprints_differ(one: Recipe, other: Recipe) -> None:
    differences = fingerprints.differences(one, other)
    assert (differences == []) == (one.fingerprint == other.fingerprint)
    assert fingerprints.differences(other, one) == [replace(each, old=each.new, new=each.old) for each in differences]
    assert fingerprints.differences(one, one) == []


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
        reconcile.guard("staging", desired, actual, prune)
    except RegistryError:
        assert actual and not desired and not prune
    else:
        assert desired or not actual or prune


BLOCKS = st.lists(st.binary(min_size=512, max_size=512) | st.just(bytes(512)), max_size=4).map(b"".join)
TREES = st.dictionaries(
    st.from_regex(r"[a-zé]{1,40}(/[a-zé]{1,40}){0,2}", fullmatch=True), st.binary(max_size=1500), max_size=4
)


@given(BLOCKS | st.binary(max_size=1100))
def test_any_bytes_are_unpacked_or_refused(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    artifact = Artifact("m-1.0.0.tar", len(raw), hashlib.sha256(raw).hexdigest())
    try:
        archive.unpack(io.BytesIO(raw), folder / "inside", artifact)
    except RegistryError:
        assert [path.name for path in folder.iterdir()] == ["inside"]


@given(TREES)
def test_what_was_packed_is_unpacked(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("tree")
    tree = {name: raw for name, raw in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    (folder / "from").mkdir()
    for name, raw in tree.items():
        (folder / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "from" / name).write_bytes(raw)
    artifact = archive.pack(folder / "from", folder / "m-1.0.0.tar")
    with (folder / "m-1.0.0.tar").open("rb") as stream:
        sizes = archive.unpack(stream, folder / "to", artifact)
    assert sizes == {name: len(raw) for name, raw in tree.items()}
    assert {name: Path(folder / "to" / name).read_bytes() for name in tree} == tree
