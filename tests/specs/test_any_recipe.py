"""What changes a fingerprint, for any spec and any code, and what leaves it alone."""

from dataclasses import replace

from drawing import NUMBERS, WORDS
from hypothesis import given
from hypothesis import strategies as st

from registry.specs import fingerprints
from registry.specs.fingerprints import Recipe

KEYS = st.sampled_from(["a", "b", "a.b"])

VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none() | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)

EVALUATIONS = st.fixed_dictionaries({}, optional={"folds": NUMBERS, "slices": st.lists(WORDS, max_size=2)})

HOLDOUTS = NUMBERS | st.fixed_dictionaries({"path": st.just("exam.csv"), "sha256": WORDS})

DATA = st.fixed_dictionaries({"path": st.just("rows.csv"), "sha256": WORDS}, optional={"holdout": HOLDOUTS})

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

CODE_NAMES = st.sampled_from(["model.py", "layers.py", ".layers.py", ".a/b", "training.seed", "task", "data"])

PROSE_NAMES = st.sampled_from(["README.md", "notes/a.md", ".hidden.md", "__pycache__/a.pyc", "model.yaml", "rows.csv"])

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
