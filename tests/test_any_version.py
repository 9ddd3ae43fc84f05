"""Versions for any numbers: ordered, raised, and as the integers of TensorFlow Serving."""

from hypothesis import given
from hypothesis import strategies as st

from registry import versions

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
