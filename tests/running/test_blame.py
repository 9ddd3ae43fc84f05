"""Who is to blame when the process that runs models ends: who crashed, who was alone, who was there before."""

import pytest

from registry.running.blame import Record, judge, way


@pytest.mark.parametrize(
    ("computing", "crashed", "suspected", "verdict"),
    [
        (set(), None, set(), (None, set())),
        ({4}, None, set(), (4, set())),
        ({4, 5, 6}, 5, set(), (5, set())),
        ({4, 5, 6}, 5, {4}, (5, set())),
        ({4, 5}, None, set(), (None, {4, 5})),
        ({4, 6, 7}, None, {4, 5}, (4, set())),
        ({4, 5, 6}, None, {4, 5}, (None, {4, 5, 6})),
        (set(), 5, {4}, (None, set())),
    ],
)
def test_who_is_to_blame(computing, crashed, suspected, verdict):
    assert judge(computing, crashed, suspected) == verdict


def test_a_version_is_out_after_three_ends_in_a_minute():
    record = Record("digits/1000000")
    again = "digits/1000000: ended the process that runs models by SIGABRT; it is started again"
    out = ("digits/1000000: is taken out, as it ended the process that runs models 3 times in 60 seconds, the last time "
           "by SIGKILL; deploy another version")  # fmt: skip
    assert [record.note("by SIGABRT", now) for now in (0, 30, 60, 91)] == [again] * 4
    assert record.fault == ""
    assert [record.note("by SIGKILL", 119.9), record.fault] == [out] * 2


@pytest.mark.parametrize(("code", "text"), [(-11, "by SIGSEGV"), (-50, "by signal 50"), (3, "with exit code 3")])
def test_the_way_in_which_it_ended(code, text):
    assert way(code) == text
