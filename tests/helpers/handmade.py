"""Code of a model that NumPy alone trains in a moment, and that writes its ONNX by hand: no other package is needed.

It answers as the rows it knows do, the nearest of them above all: of each class it knows the middle, unless told
otherwise.
"""

CODE = '''\
import numpy as np


def train(features, labels, *, {arguments}):
    known, sharp = np.stack([features[labels == label].mean(axis=0) for label in np.unique(labels)]), 1
    answers = np.eye(len(known))
{lines}    return nearest(known, answers, sharp)


def nearest(known, answers, sharp):
    """Return ONNX that takes `row` and gives `chances`: the answers of known rows, each by how near it is."""
    nodes = node("Gemm", "row", "weights", "bias", "near"), node("Softmax", "near", "shares")
    nodes += (node("MatMul", "shares", "answers", "chances"),)
    found = {{"weights": 2 * sharp * known.T, "bias": -sharp * (known**2).sum(axis=1), "answers": answers}}
    ends = (11, value("row", known.shape[1])), (12, value("chances", answers.shape[1]))
    graph = fields((1, *nodes), (2, "nearest"), (5, *(tensor(*one) for one in found.items())), *ends)
    return fields((1, 10), (7, graph), (8, fields((2, 20))))


def node(operation, *names):
    return fields((1, *names[:-1]), (2, names[-1]), (4, operation))


def tensor(name, values):
    return fields((1, *values.shape), (2, 1), (8, name), (9, values.astype("<f4").tobytes()))


def value(name, width):
    shape = fields((1, fields((2, "rows")), fields((1, width))))
    return fields((1, name), (2, fields((1, fields((1, 1), (2, shape))))))


def fields(*numbered):
    return b"".join(field(number, one) for number, *values in numbered for one in values)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def varint(value):
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])
'''
FIRST = CODE[: CODE.index("{lines}")].count("\n") + 1  # where the lines begin that `code` puts there


def code(arguments: str = "seed", lines: str = "") -> str:
    """Return the code of model.py; the lines run when `known` rows, their `answers` and how `sharp` it is are there."""
    return CODE.format(arguments=arguments, lines="".join(f"    {line}\n" for line in lines.splitlines()))
