"""The bytes of a saved_model.pb, put together by hand: protocol buffers need no more than this."""

from collections.abc import Iterable

SAVER = "saver_filename", "save", "restore"


def varint(value: int) -> bytes:
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])


def field(number: int, *values: bytes | str | int) -> bytes:
    """Return a field for each value: numbers as they are, all else with its length."""
    return b"".join(_field(number, value.encode() if isinstance(value, str) else value) for value in values)


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def function_value(*names: str, handed_on: Iterable[str] = ()) -> bytes:
    """Return the value of an attribute: one function, or the list of several."""
    inner = field(2, *(field(1, "f") + field(2, function_value(name)) for name in handed_on))
    values = [field(1, name) + inner for name in names]
    return field(10, *values) if len(values) == 1 else field(1, field(9, *values))


def node(name: str, operation: str, *inputs: str, calls: bytes = b"", weight: int = 0) -> bytes:
    """Return a NodeDef; `weight` is the size of a constant in it."""
    attributes = [field(1, "T") + field(2, field(6, 1)), field(1, "value") + field(2, field(8, bytes(weight)))]
    attributes += [field(1, "f") + field(2, calls)] if calls else []
    return field(1, name) + field(2, operation) + field(3, *inputs) + field(5, *attributes)


def function(name: str, *nodes: bytes, argument: str = "argument") -> bytes:
    return field(1, field(1, name) + field(2, field(1, argument))) + field(3, *nodes)


def calling(name: str, *functions: str, operation: str = "StatefulPartitionedCall", given: Iterable[str] = ()) -> bytes:
    return node(name, operation, *given, calls=function_value(*functions))


def objects(**named: str) -> bytes:
    """Return an object graph: a function below `signatures` of the model for each, or beside it where it begins so."""
    children = field(1, field(1, 1) + field(2, "signatures"))
    first = children + field(1, *(field(1, 2 + at) + field(2, name) for at, name in enumerate(named)))
    signed = [field(1, 2 + at) + field(2, name) for at, name in enumerate(named) if name.startswith("serving")]
    functions = [field(6, field(1, called)) for called in named.values()]
    return field(1, first, field(1, *signed), *functions)


RESTORED = calling(SAVER[2], "restoring", given=[SAVER[0]])
RESTORING = function("restoring", node("r", "RestoreV2", "argument"), node("a", "AssignVariableOp"))


def saved_model(
    *nodes: bytes,
    functions: Iterable[bytes] = (),
    gives: str = "answer:0",
    held: bytes = b"",
    started: str = "",
    restored: bytes = RESTORED,
    restoring: bytes = RESTORING,
) -> bytes:
    """Return a SavedModel as TensorFlow writes it, its saver included, whose signature gives a tensor."""
    filename, save, restore = SAVER
    own = [node(filename, "Placeholder"), calling(save, "saving", given=[filename]), restored, *nodes]
    saving = function("saving", node("s", "ShardedFilename"), node("w", "SaveV2"), node("m", "MergeV2Checkpoints"))
    graph = field(1, *own) + field(2, field(1, saving, restoring, *functions))
    signature = field(1, "serving_default") + field(2, field(2, field(1, "y") + field(2, field(1, gives))))
    init = field(1, "__saved_model_init_op") + field(2, field(2, field(1, "y") + field(2, field(1, started))))
    saver = field(1, f"{filename}:0") + field(2, f"{save}:0") + field(3, restore)
    parts = field(2, graph) + field(3, saver) + field(5, signature, *([init] if started else [])) + field(7, held)
    return field(1, 1) + field(2, parts)
