"""Numbers as they are written into documents: with the digits that people would write, and the same when read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.formats import reader, scalars


@pytest.mark.parametrize(("number", "written"), [
    (38.3, "38.3"), (0.1, "0.1"), (3.0, "3.0"), (-0.0, "-0.0"), (1e-4, "0.0001"), (0.000012345, "0.000012345"),
    (123456789.123, "123456789.123"), (1e9, "1.0e+09"), (1.5e22, "1.5e+22"), (-2e-7, "-2.0e-07"), (5e-324, "5.0e-324"),
])  # fmt: skip
def test_a_number_has_no_more_digits_than_it_takes(number: float, written: str) -> None:
    assert reader.inline(number) == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_number_is_written_is_read_again(number: float) -> None:
    found = reader.parse("spec", f"a: {reader.inline(number)}\n".encode())
    assert repr(found.data["a"]) == repr(number) == repr(float(scalars.decimal(number)))
