"""Whatever text a document is, it reads as other readers read it, or is refused in lines."""

import contextlib
import json

import yaml
from drawing import NUMBERS, WORDS
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import RegistryError
from registry.formats import reader
from registry.formats.reader import Document

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
