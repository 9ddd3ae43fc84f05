"""Text with half a letter, as surrogateescape leaves it, is told wherever load() returns some: no UTF-8 has it."""

import numpy as np
import pytest

from registry.tables import labels, returned

TEXTS = [np.array(["plain", "schön 👩", "sch\udcf6n", "\ud83d"], kind) for kind in (str, object)]
FAULTS = {
    "features": lambda texts: returned.fault(texts, np.arange(4)),
    "features['text']": lambda texts: returned.fault({"n": np.arange(4), "text": texts}, np.arange(4)),
    "groups": lambda texts: returned.group_fault(texts, 4),
    "columns['shop']": lambda texts: returned.column_fault("shop", texts, 4),
    "labels": lambda texts: labels.fault("clustering", texts),
}


@pytest.mark.parametrize("what", FAULTS)
def test_text_that_is_not_unicode_is_told_with_its_first_row(what: str) -> None:
    place = f"row 2 of {what}, the first of 2 (counted from 0)"
    for texts in TEXTS:
        assert FAULTS[what](texts) == f"returned text that is not Unicode in {place}; read the file by its own encoding"
        assert FAULTS[what](np.concatenate([texts[:2]] * 2)) is None
