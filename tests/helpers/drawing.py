"""What values are drawn from where any of them may stand. For tests of what holds whatever is given."""

import string

from hypothesis import strategies as st

WORDS = st.text(string.ascii_letters + " äé×€😀", min_size=1, max_size=12)
NUMBERS = st.integers(-(10**15), 10**15) | st.integers(-(10**6), 10**6).map(lambda number: number / 1000)
