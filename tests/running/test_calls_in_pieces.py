"""What the server and the process that runs models say to each other arrives whole, in whatever pieces it comes."""

from hypothesis import given
from hypothesis import strategies as st

from registry.running import calls
from registry.running.calls import Arriving, Call


@given(st.lists(st.tuples(st.integers(0, 2**40), st.binary(max_size=50))), st.lists(st.integers(1, 40), min_size=1))
def test_calls_arrive_in_any_pieces(said, sizes):
    told = [Call(("ask", number), content) for number, content in said]
    left, arriving, heard = b"".join(part for call in told for part in calls.write(call)), Arriving(), []
    while left:
        piece, left = left[: sizes[0]], left[sizes[0] :]
        sizes = [*sizes[1:], sizes[0]]
        heard += arriving.take(piece)
    assert heard == told
