"""The record of the rows that a version was trained on: all of them are in it, hardly any other, and it is small."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.artifacts import bloom
from registry.errors import RegistryError

KEYS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50)
MANY = np.random.default_rng(3).integers(0, 2**64, 200_000, np.uint64)


@given(KEYS, KEYS)
def test_each_key_is_in_it_and_none_that_is_lower_than_all_of_them(known: list[int], others: list[int]) -> None:
    made = bloom.of(np.array(known, np.uint64), bloom.ROWS)
    assert made.holds(np.array(known, np.uint64)).all()
    lower = [key for key in others if key < min(known)]
    assert not made.holds(np.array(lower, np.uint64)).any()


def test_hardly_any_other_is_in_it_and_ten_million_take_less_than_20_mb(tmp_path: Path) -> None:
    made = bloom.of(MANY[:100_000], bloom.ROWS)
    assert made.holds(MANY[100_000:]).mean() < 0.01
    bloom.write(tmp_path, made)
    size = (tmp_path / bloom.FILE).stat().st_size
    assert bloom.described(tmp_path) == {"kind": "rows", "size": size}
    assert 100 * size < 20_000_000


def test_what_is_stored_comes_back_and_is_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    for folder, keys in {"one": MANY[:1000], "other": MANY[:1000][::-1].repeat(2)}.items():
        bloom.write(tmp_path / folder, bloom.of(keys, bloom.GROUPS))
        found = bloom.read(tmp_path / folder)
        assert (found.kind, found.lowest) == (bloom.GROUPS, MANY[:1000].min())
        assert found.holds(keys).all()
        digest = hashlib.sha256((tmp_path / folder / bloom.FILE).read_bytes()).hexdigest()
        assert digest == "d1f8e33756ed5e52d131e528d2e763f709c3e32c4d05e2843e04d93acfd5dc79"


def test_none_is_none_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    assert bloom.read(tmp_path) is None
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / bloom.FILE).write_bytes(b"PK")
    with pytest.raises(RegistryError, match=r"^assets.extra/trained.npz: can't be read: .*; build the version again$"):
        bloom.read(tmp_path)
