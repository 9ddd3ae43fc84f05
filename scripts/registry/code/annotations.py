"""What train() says of its arguments: annotations, read from their text, held against a spec's values. Pure."""

import ast
import json
import math
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from registry.errors import nearest, one_line
from registry.formats import scalars, schemas

NUMBER = (int, float)
LISTS = {"list", "List", "Sequence", "tuple", "Tuple"}
MAPPINGS = {"dict", "Dict", "Mapping"}
LIMITS = {
    "Ge": ("of at least", operator.ge), "Gt": ("above", operator.gt),
    "Le": ("of at most", operator.le), "Lt": ("below", operator.lt),
}  # fmt: skip
END = r"([-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)?"
RANGE = re.compile(rf"\s*{END}\s*\.\.\s*{END}\s*")

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Wanted:
    """One kind of value that an argument takes; an annotation allows one of several, or, if it has none, anything.

    `types` are Python's, `choices` those of a Literal, `limits` pairs of a name in LIMITS and a number, `each` what the
    items of a list or the values of a mapping must be.
    """

    name: str
    types: tuple[type, ...]
    advice: str = "write one of those"
    choices: tuple = ()
    limits: tuple[tuple[str, float], ...] = ()
    each: "tuple[Wanted, ...]" = ()

    @property
    def words(self) -> str:
        """What is wanted, as people say it: a whole number from 1 to 100."""
        known = dict(self.limits)
        if set(known) == {"Ge", "Le"}:
            return f"{self.name} from {_number(known['Ge'])} to {_number(known['Le'])}"
        limits = " and ".join(f"{LIMITS[name][0]} {_number(number)}" for name, number in self.limits)
        return f"{self.name} {limits}".rstrip()


PLAIN = {
    "int": Wanted("a whole number", (int,), "write one, for example 5"),
    "float": Wanted("a number", NUMBER, "write one, for example 0.5"),
    "str": Wanted("text", (str,), "write text"),
    "bool": Wanted("true or false", (bool,), "write one of both"),
    "None": Wanted("null", (type(None),), "write null"),
}


class Annotations:
    """What annotations take, where names stand for others: `Epochs = Annotated[int, "1.."]`, `from typing import X as Y`."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = dict(names)

    def read(self, node: ast.expr | None) -> tuple[Wanted, ...]:
        """Return what an annotation takes; nothing for one that isn't known here, which is not judged."""
        match node:
            case ast.Name(id=name) if name in self._names:
                others = {other: meant for other, meant in self._names.items() if other != name}
                return Annotations(others).read(self._names[name])
            case ast.Constant(value=None):
                return (PLAIN["None"],)
            case ast.Constant(value=str(text)):
                return self._quoted(text)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self._union([left, right])
            case ast.Name(id=name) if name in PLAIN:
                return (PLAIN[name],)
            case ast.Subscript(value=value, slice=ast.Tuple(elts=items)):
                return self._generic(self._name(value), items)
            case ast.Subscript(value=value, slice=item):
                return self._generic(self._name(value), [item])
        return self._generic(self._name(node), [])

    def _quoted(self, text: str) -> tuple[Wanted, ...]:
        try:
            return self.read(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            return ()

    def _name(self, node: ast.expr | None) -> str:
        """Return the last part of a dotted name: Literal, typing.Literal and t.Literal are the same."""
        if isinstance(node, ast.Name):
            node = self._names.get(node.id, node)
        return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

    def _union(self, nodes: Sequence[ast.expr]) -> tuple[Wanted, ...]:
        """One part that isn't known makes the whole so."""
        parts = [self.read(node) for node in nodes]
        return tuple(wanted for part in parts for wanted in part) if all(parts) else ()

    def _generic(self, name: str, items: Sequence[ast.expr]) -> tuple[Wanted, ...]:
        if name in LISTS:
            repeated = len(items) == 1 or (len(items) == 2 and isinstance(items[1], ast.Constant))  # tuple[int, ...]
            each = self.read(items[0]) if repeated else ()
            return (Wanted("a list", (list,), "write one, for example [64, 32]", each=each),)
        if name in MAPPINGS:
            each = self.read(items[1]) if len(items) == 2 else ()
            return (Wanted("a mapping", (dict,), "write `name: value` lines", each=each),)
        match name:
            case "Optional" if len(items) == 1:
                return self._union([*items, ast.Constant(None)])
            case "Union" if items:
                return self._union(items)
            case "Literal" if items:
                return _literal(items)
            case "Annotated" if items:
                limits = tuple(limit for item in items[1:] for limit in self._limits(item))
                return tuple(_limited(one, limits) for one in self.read(items[0]))
        return ()

    def _limits(self, node: ast.expr) -> Iterator[tuple[str, float]]:
        """Yield the limits in what stands beside a type: "1..100", Ge(1), annotated_types.Interval(ge=1, le=100)."""
        match node:
            case ast.Constant(value=str(text)) if found := RANGE.fullmatch(text):
                yield from ((name, float(end)) for name, end in zip(("Ge", "Le"), found.groups(), strict=True) if end)
            case ast.Call(args=args, keywords=keywords):
                name = self._name(node.func)
                given = [(name, arg) for arg in args[:1]]
                given += [(one.arg.title(), one.value) for one in keywords if one.arg and name in {"Interval", *LIMITS}]
                yield from ((kind, number) for kind, value in given if kind in LIMITS for number in _constant(value))


def aliases(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """Return what names at the top of a module stand for: those given by `=`, and by `import … as …`."""
    found: dict[str, ast.expr] = {}
    for node in body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found[name] = value
            case ast.ImportFrom(names=names):
                found |= {one.asname: ast.Name(one.name) for one in names if one.asname}
    return found


def _limited(wanted: Wanted, limits: tuple) -> Wanted:
    """Limits are for numbers, beside those that they have; what stands beside other types is not judged."""
    is_number = set(wanted.types) & set(NUMBER)
    return replace(wanted, limits=(*wanted.limits, *limits), advice=Wanted.advice) if limits and is_number else wanted


def _literal(items: Sequence[ast.expr]) -> tuple[Wanted, ...]:
    try:
        choices = tuple(ast.literal_eval(item) for item in items)
    except (ValueError, TypeError):
        return ()
    return (Wanted(" or ".join(_shown(choice) for choice in choices), (), choices=choices),)


def _constant(node: ast.expr) -> list[float]:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return []
    return [value] if type(value) in NUMBER else []


def faults(wanted: Sequence[Wanted], value: object) -> Iterator[tuple[Place, str]]:
    """Yield what keeps a value from being taken, each with its place within the value."""
    if _fits(wanted, value):
        return
    near = [one for one in wanted if type(value) in one.types]
    if len(near) != 1:
        yield (), _told(wanted, value)
    elif not _is_within(near[0], value):
        yield (), f"{_shown(value)} is out of range, since train() takes {near[0].words}; write one of those"
    else:
        for step, item in _items(value):
            yield from (((step, *place), text) for place, text in faults(near[0].each, item))


def _fits(wanted: Sequence[Wanted], value: object) -> bool:
    return not wanted or any(_takes(one, value) for one in wanted)


def _takes(wanted: Wanted, value: object) -> bool:
    if any(type(choice) is type(value) and choice == value for choice in wanted.choices):  # true is not 1
        return True
    is_such = type(value) in wanted.types and _is_within(wanted, value)
    return is_such and all(_fits(wanted.each, item) for _, item in _items(value))


def _is_within(wanted: Wanted, value: object) -> bool:
    return all(LIMITS[name][1](value, number) for name, number in wanted.limits)


def _items(value: object) -> Iterable[tuple[str | int, object]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _told(wanted: Sequence[Wanted], value: object) -> str:
    takes = f"train() takes {' or '.join(one.words for one in wanted)}"
    usual = wanted[0].advice if len(wanted) == 1 else "write one of those"
    advice = next((advice for other, advice in _mends(value) if _fits(wanted, other)), usual)
    known = [choice for one in wanted for choice in one.choices if isinstance(choice, str)]
    if known and isinstance(value, str):
        meant = nearest(value, known)
        return f"{_shown(value)} is not known, and {takes}; {f'did you mean {meant}?' if meant else advice}"
    shown = "" if isinstance(value, list | dict) else f"{_shown(value)} "
    return f"{shown}is {schemas.kind(value)}, and {takes}; {advice}"


def _mends(value: object) -> Iterator[tuple[object, str]]:
    """Yield what somebody may have meant by a value, each with what to write then."""
    if isinstance(value, str):
        yield from ((meant, f"write {text} without quotes") for meant, text in _unquoted(value))
    if isinstance(value, float) and value.is_integer():
        yield int(value), f"write {value:.0f}"
    if isinstance(value, bool | int | float):
        yield str(value), "put it in quotes"
    if isinstance(value, str | bool | int | float):
        yield [value], f"write [{_shown(value)}]"


def _unquoted(text: str) -> Iterator[tuple[object, str]]:
    """Yield what a text means as a number or a truth value, and how that is written so that every reader agrees."""
    if text.lower() in ("true", "false"):
        yield text.lower() == "true", text.lower()
    with suppress(ValueError, OverflowError):  # of what is no number, or no finite one
        number = float(text)
        if number.is_integer():
            yield int(number), str(int(number))
        elif math.isfinite(number):
            yield number, scalars.decimal(number)


def _number(value: float) -> str:
    return scalars.decimal(float(value))


def _shown(value: object) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
