"""Running LiteRT models with any rows from many threads, and refusing what is damaged."""

import os
import subprocess
import sys
import threading

import numpy
import pytest
from servers import fixture, place

from registry.artifacts import runtime
from registry.artifacts.tensors import InputError, Tensor
from registry.errors import RegistryError


@pytest.fixture
def shop(tmp_path):
    return runtime.load(place(tmp_path, "shop", 1, fixture("shop")))


def test_the_signature(shop):
    assert shop.kind == "litert"
    assert shop.inputs == (Tensor("user", "int64", (None,)), Tensor("weights", "float32", (None, 2)))
    assert shop.outputs == (Tensor("next", "int64", (None,)), Tensor("score", "float32", (None,)))


def test_any_number_of_rows_from_many_threads_at_once(shop):
    wrong = []

    def ask(rows: int) -> None:
        for _ in range(50):
            users = numpy.arange(rows) % 4
            answer = shop({"user": users, "weights": numpy.ones((rows, 2), "float32")})
            if (
                answer["next"].tolist() != (users + 1).tolist()
                or answer["score"].tolist() != (2.0 * users + 2).tolist()
            ):
                wrong.append(rows)

    threads = [threading.Thread(target=ask, args=(rows,)) for rows in (1, 2, 7, 100)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []


def test_values_it_can_not_take_leave_it_working(shop):
    weights = numpy.ones((1, 2), "float32")
    with pytest.raises(InputError, match="^gather index out of bounds$"):
        shop({"user": numpy.array([4]), "weights": weights})
    assert shop({"user": numpy.array([3]), "weights": weights})["score"].tolist() == [8.0]


def test_a_large_batch_leaves_no_memory_taken(tmp_path):
    model = runtime.load(place(tmp_path, "double", 1, fixture("double")))
    before = resident()
    assert model({"x": numpy.ones((2_000_000, 2, 3), "float32")})["y"].sum() == 24_000_000
    assert resident() - before < 24  # MiB: half of what the outputs alone take


def resident() -> float:
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


@pytest.mark.parametrize("content", [b"", b"no model", fixture("shop")[:700], b"\0" * 2000])
def test_a_damaged_model_is_refused(tmp_path, content):
    directory = place(tmp_path, "digits", 1, content)
    with pytest.raises(RegistryError, match=r"1/assets.extra/model.tflite: can't be loaded(: it | by LiteRT: )"):
        runtime.load(directory)


def test_a_directory_without_any_model_is_refused(tmp_path):
    with pytest.raises(RegistryError, match="holds no saved_model.pb"):
        runtime.load(tmp_path)


def test_a_saved_model_without_tensorflow_says_where_there_is_one(tmp_path, monkeypatch):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(RegistryError, match="needs TensorFlow, .* tox run -e serve-tensorflow"):
        runtime.load(tmp_path)
