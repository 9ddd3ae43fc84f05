"""Running ONNX models with any rows from many threads, and refusing those that nobody could ask for rows."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy
import onnx
import pytest
from onnx import TensorProto as T
from onnxmaking import ROWS, model, node, numbers, put, shop, value, words
from test_runtime import resident

from registry.artifacts import golden, runtime
from registry.artifacts.runtime import Runtime
from registry.artifacts.tensors import InputError, Tensor
from registry.errors import RegistryError

THREADS = Path("/proc/self/task")
SAME = node("Identity", ["x"], ["y"])


def loaded(folder: Path, made: onnx.ModelProto | bytes) -> Runtime:
    return runtime.load(put(folder, made))


def told(folder: Path, made: onnx.ModelProto | bytes) -> str:
    """Return why a model is not loaded, without where it lies."""
    with pytest.raises(RegistryError) as error:
        loaded(folder, made)
    return str(error.value).replace(f"{folder}/model.onnx: ", "")


def test_any_number_of_rows_from_many_threads_at_once(tmp_path: Path) -> None:
    one = loaded(tmp_path, shop())
    assert (one.kind, runtime.kinds(tmp_path)) == ("onnx", ["onnx"])
    assert one.inputs == (Tensor("user", "int64", (None,)), Tensor("weights", "float32", (None, 2)))
    assert one.outputs == (Tensor("score", "float32", (None,)), Tensor("next", "int64", (None,)))
    wrong = []

    def ask(rows: int) -> None:
        for _ in range(50):
            users = numpy.arange(rows) % 4
            answer = one({"user": users, "weights": numpy.ones((rows, 2), "float32")})
            if [*answer["next"]] != [*users + 1] or [*answer["score"]] != [*2.0 * users + 2]:
                wrong.append(rows)

    threads = [threading.Thread(target=ask, args=(rows,)) for rows in (1, 2, 7, 100)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []
    with pytest.raises(InputError, match=r"^indices element out of data bounds, idx=4 must be within .*\[-4,3\]$"):
        one({"user": numpy.array([4]), "weights": numpy.ones((1, 2), "float32")})


def test_text_goes_in_and_comes_out_as_with_other_runtimes_and_golden_predictions_hold_it(tmp_path: Path) -> None:
    one = loaded(tmp_path, words())
    assert [tensor.dtype for tensor in (*one.inputs, *one.outputs)] == ["bytes", "int64", "bytes"]
    answers = one({"word": numpy.array([b"bee", b"c\xc3\xa9"], object)})
    assert {name: part.tolist() for name, part in answers.items()} == {"number": [1, -1], "name": [b"BEE", b"OTHER"]}
    with pytest.raises(InputError, match="^'word' takes text in UTF-8$"):
        one({"word": numpy.array([b"\xff"], object)})
    golden.write(tmp_path, one, numpy.array(["ant", "dé"]), numpy.array([0, 1]))
    golden.check(tmp_path, one, "words")
    golden.store(
        tmp_path, golden.Golden({"word": numpy.array(["ant"])}, {"name": numpy.array(["Ant"], object)}, numpy.zeros(1))
    )
    with pytest.raises(RegistryError, match="answers golden inputs otherwise than when it was judged"):
        golden.check(tmp_path, one, "words")


@pytest.mark.skipif(not THREADS.exists(), reason="Linux alone tells the threads of a process")
def test_it_adds_up_in_the_thread_that_asks(tmp_path: Path) -> None:
    """With more of them sums would be shared out by the number of cores, and have other last digits."""
    before = len([*THREADS.iterdir()])
    rows, weights = (
        numpy.ones((2000, 1000), "float32"),
        onnx.numpy_helper.from_array(numpy.ones((1000, 1000), "float32"), "w"),
    )
    many = model(
        node("MatMul", ["x", "w"], ["y"]), takes=[value("x", ROWS, 1000)], gives=[value("y", ROWS, 1000)], w=weights
    )
    one = loaded(tmp_path, many)
    assert one({"x": rows})["y"][0, 0] == 1000
    assert len([*THREADS.iterdir()]) == before


def test_a_large_batch_leaves_no_memory_taken(tmp_path: Path) -> None:
    one = loaded(tmp_path, model(node("Add", ["x", "x"], ["y"])))
    before = resident()
    assert one({"x": numpy.ones((6_000_000, 2), "float32")})["y"].sum() == 24_000_000
    assert resident() - before < 24  # MiB: half of what the outputs alone take


MAP = onnx.helper.make_value_info(
    "scores",
    onnx.helper.make_sequence_type_proto(
        onnx.helper.make_map_type_proto(T.INT64, onnx.helper.make_tensor_type_proto(T.FLOAT, []))
    ),
)
ZIPPED = model(node("ZipMap", ["x"], ["scores"], domain="ai.onnx.ml", classlabels_int64s=[0, 1]), gives=[MAP])
FREE = "leave the first dimension free when you export it"
KINDS = "numbers, truth values and text can be served"
CASES = {
    "one row": (model(SAME, takes=[value("x", 1, 2)]), f"takes 'x' of one row at a time; {FREE}"),
    "so many rows": (model(SAME, takes=[value("x", 32, 2)]), f"takes 'x' of 32 rows at a time; {FREE}"),
    "no rows": (model(SAME, takes=[value("x")], gives=[value("y")]),
                "takes 'x' without a first dimension for rows; give it one that is free"),
    "one number for all rows": (model(node("ReduceSum", ["x"], ["y"], keepdims=0), gives=[value("y")]),
                                "gives 'y' without a first dimension for rows; give it one that is free"),
    "maps": (ZIPPED, "gives 'scores' as seq(map(int64,tensor(float))); export it without ZipMap: options={'zipmap': False} "
             "for skl2onnx, zipmap=False for onnxmltools"),
    "a list": (model(node("SequenceConstruct", ["x"], ["y"]),
                     gives=[onnx.helper.make_tensor_sequence_value_info("y", T.FLOAT, None)]),
               f"gives 'y' as seq(tensor(float)); {KINDS}"),
    "half of a float": (model(node("Cast", ["x"], ["y"], to=T.BFLOAT16), gives=[value("y", ROWS, 2, dtype=T.BFLOAT16)]),
                        f"gives 'y' as tensor(bfloat16); {KINDS}"),
    "too few inputs": (model(node("Mul", ["x"], ["y"])), "can't be loaded by ONNX Runtime: This is an invalid model. In Node, "),
    "a locale that nobody has": (model(node("StringNormalizer", ["x"], ["y"], case_change_action="LOWER", locale="xx_XX"),
                                       takes=[value("x", ROWS, dtype=T.STRING)], gives=[value("y", ROWS, dtype=T.STRING)]),
                                 "can't be loaded by ONNX Runtime: Exception during initialization: Failed to construct "
                                 "locale with name:xx_XX:"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_can_not_be_asked_for_rows_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    made, wanted = CASES[case]
    said = told(tmp_path, made)
    assert said.startswith(wanted)
    assert "\n" not in said
    assert "onnxruntime_src" not in said


def test_labels_that_an_exporter_takes_for_one_are_of_as_many_rows_as_are_asked(tmp_path: Path) -> None:
    one = loaded(tmp_path, model(SAME, gives=[value("y", 1, 2)]))
    assert one.outputs == (Tensor("y", "float32", (None, 2)),)


def test_damaged_bytes_are_refused_in_one_line_and_nothing_is_printed(tmp_path: Path) -> None:
    whole = shop().SerializeToString()
    for content in (b"", b"no model", b"\0" * 2000, *(whole[:end] for end in range(0, len(whole), 7))):
        assert "\n" not in told(tmp_path, content)
    put(tmp_path, model(node("Gather", ["x", "i"], ["y"]), i=numbers("i", 9, dtype=T.INT64)))
    code = "import sys, pathlib, numpy\nfrom registry.artifacts import runtime\n" + (
        "one = runtime.load(pathlib.Path(sys.argv[1]))\n"
        "try: one({'x': numpy.ones((1, 2), 'float32')})\nexcept ValueError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parents[2] / "scripts",
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")
