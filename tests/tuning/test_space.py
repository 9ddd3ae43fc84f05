"""What `--set` says, held against what train() takes."""

import pytest

from registry.code import signatures
from registry.errors import RegistryError, one_line
from registry.tuning import space
from registry.tuning.space import Axis

TRAIN = signatures.found(
    """
from typing import Annotated, Literal

def train(features, labels, *, seed: int, epochs: Annotated[int, "1..100"], batch_size: int, rate: float = 0.1,
          act: Literal["relu", "tanh"] = "relu", layers: list[int] = (), name: str = "", flag: bool = True,
          free=1, loose=0.5, maybe: int | None = None, checkpoints=None, words=None):
    ...
""",
    "train",
)
SPEC = {"training": {"epochs": 5, "free": 1, "loose": 0.5}, "inputs": {"words": {}}}


@pytest.mark.parametrize(("word", "axis"), [
    ("epochs=3..10", Axis("epochs", 3, 10, is_whole=True)),
    ("epochs=1e0..1e1:log", Axis("epochs", 1, 10, is_whole=True, is_log=True)),
    ("rate=1e-4..1e-2:log", Axis("rate", 1e-4, 1e-2, is_log=True)),
    ("rate=0..1", Axis("rate", 0.0, 1.0)),
    ("rate=-.5...5", Axis("rate", -0.5, 0.5)),
    ("free=0..4", Axis("free", 0, 4, is_whole=True)),
    ("loose=0..1", Axis("loose", 0.0, 1.0)),
    ("batch_size=16, 32,64", Axis("batch_size", choices=(16, 32, 64))),
    ("rate=1,1e-3", Axis("rate", choices=(1, 0.001))),
    ("act=relu,tanh", Axis("act", choices=("relu", "tanh"))),
    ("layers=[64,32],[128],[]", Axis("layers", choices=([64, 32], [128], []))),
    ("name=1,on", Axis("name", choices=("1", "on"))),
    ("flag=true,false", Axis("flag", choices=(True, False))),
    ("maybe=null,3", Axis("maybe", choices=(None, 3))),
    ("free=1,2.5,x,null", Axis("free", choices=(1, 2.5, "x", None))),
])  # fmt: skip
def test_whole_numbers_stay_whole_and_values_are_what_train_takes(word: str, axis: Axis) -> None:
    (found,) = space.read([word], TRAIN, SPEC)
    assert found == axis
    assert [repr(one) for one in (found.low, found.high, *found.choices)] == [
        repr(one) for one in (axis.low, axis.high, *axis.choices)
    ]
    assert space.read([found.words], TRAIN, SPEC) == [axis], "a search can be told by what it says of itself"


@pytest.mark.parametrize(("word", "said"), [
    ("epoch=3..5", "epoch: is no argument of train() in model.py; did you mean epochs?"),
    ("seed=1..3", "seed: is not searched, since the best of several seeds is luck; leave it out"),
    ("labels=1,2", "labels: is what train() gets from load(); leave it out"),
    ("checkpoints=1,2", "checkpoints: is what train() gets from the registry; leave it out"),
    ("words=a,b", "words: is what train() gets from the registry; leave it out"),
    ("epochs", f"epochs: has no values; {space.EXAMPLE}"),
    ("epochs=", f"epochs: has no values; {space.EXAMPLE}"),
    ("epochs=5", f"epochs: 5 is one value, so nothing is searched; {space.EXAMPLE}"),
    ("epochs=3..", f"epochs: 3.. is no range between two numbers; {space.EXAMPLE}"),
    ("epochs=few..many", f"epochs: few..many is no range between two numbers; {space.EXAMPLE}"),
    ("epochs=1..nan", f"epochs: 1..nan is no range between two numbers; {space.EXAMPLE}"),
    ("epochs=10..3", "epochs: 10..3 does not rise; write the smaller end first"),
    ("epochs=3..10:lgo", "epochs: lgo is no scale of a range; did you mean log?"),
    ("epochs=1,2:log", f"epochs: 1,2:log is no range, of which alone log can be said; {space.EXAMPLE}"),
    ("rate=-1e308..1e308", "rate: -1e308..1e308 reaches too far; write numbers up to 1e+300"),
    (f"free=1..{10**400}", f"free: {one_line(f'1..{10**400}')} reaches too far; write numbers up to 1e+300"),
    ("rate=0..1:log", "rate: 0..1:log has no factors, since it begins at 0; begin above 0, or leave out :log"),
    ("epochs=3..200",
     "epochs: 200 is out of range, since train() takes a whole number from 1 to 100; write one of those"),
    ("epochs=0.5..3",
     "epochs: 0.5 is a number, and train() takes a whole number from 1 to 100; write one of those"),
    ("batch_size=16,a", "batch_size: a is text, and train() takes a whole number; write one, for example 5"),
    ("batch_size=16,32,16", "batch_size: 16 stands twice; write each once"),
    ("batch_size=16,,32", f"batch_size: 16,,32 has a comma too many; {space.EXAMPLE}"),
    ("act=relu,tahn", "act: tahn is not known, and train() takes relu or tanh; did you mean tanh?"),
    ("act=0..1", "act: is relu or tanh for train(), of which there is no range; write choices"),
    ("layers=1,2", "layers: 1 is a number, and train() takes a list; write [1]"),
    ("layers=[1,[2", "layers: [1,[2 has a [ without its ]; write lists as [64,32],[128]"),
])  # fmt: skip
def test_what_can_t_be_searched_is_refused_with_what_to_write(word: str, said: str) -> None:
    with pytest.raises(RegistryError) as error:
        space.read([word], TRAIN, SPEC)
    assert str(error.value) == f"--set: {said}"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(RegistryError) as error:
        space.read(["epochs=3..10", "epochs=1,2", "rates=1,2", "free=1"], TRAIN, SPEC)
    assert str(error.value).split("\n") == [
        "--set: epochs: is set twice; write all its values at once",
        "--set: rates: is no argument of train() in model.py; did you mean rate?",
        f"--set: free: 1 is one value, so nothing is searched; {space.EXAMPLE}",
    ]


def test_numbers_have_as_many_digits_as_are_written_and_never_leave_their_range() -> None:
    rate, narrow, whole = Axis("rate", 1e-4, 1e-2, is_log=True), Axis("x", 0.999, 0.9999), Axis("n", 1, 9, True)
    assert [rate.rounded(0.0012345), rate.rounded(0.00099999), rate.rounded(1e-4)] == [0.00123, 0.001, 0.0001]
    assert [narrow.rounded(0.99954321), narrow.rounded(0.9999)] == [0.999543, 0.9999]
    assert repr(whole.rounded(7)) == "7"


def test_combinations_are_all_there_are() -> None:
    axes = [Axis("epochs", 1, 2, is_whole=True), Axis("act", choices=("relu", "tanh"))]
    assert space.size(axes) == 4 == len([*space.combinations(axes)])
    assert all(space.is_within(axes, one) for one in space.combinations(axes))
    assert not space.is_within(axes, {"epochs": 3, "act": "relu"}) and not space.is_within(axes, {"epochs": 1})
    assert space.size([*axes, Axis("rate", 0.0, 1.0)]) == float("inf")
