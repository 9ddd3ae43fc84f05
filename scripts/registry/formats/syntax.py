"""What keeps a file from being YAML, in the words of people: its bytes, its characters, its syntax."""

import re

from registry.errors import RegistryError, refuse

DEEPEST = 20
EMPTY = "is empty; write the document's fields"
DEEP = f"is nested deeper than {DEEPEST} levels; write it flatter"

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff"
_STRANGE = re.compile(rf"\r(?!\n)|[\t\x85\u2028\u2029\u200b\u202a-\u202e\u2060-\u206f\ufeff{_CONTROL}]")
CONTROLS = re.compile(f"[{_CONTROL}]")
_CONFLICT = re.compile("^<{7} ", re.MULTILINE)

# What libyaml says -> what that usually means and what to write; whether the fault lies where the thing began.
_MEANINGS = {
    "could not find expected ':'": ("a line without `field: value`; write a colon and a space after the field", True),
    "mapping values are not allowed in this context": (
        "a colon where no field can begin; put the value in quotes, or mend the indentation and the colon above",
        False,
    ),
    "found character that cannot start any token": (
        "this character can't start a value; put the value in quotes",
        False,
    ),
    "found unknown escape character": ("a backslash in double quotes; put the value in single quotes", False),
    "did not find expected ',' or ']'": ("a [ is never closed, or a comma is missing; write [one, two]", True),
    "did not find expected ',' or '}'": ("a { is never closed, or a comma is missing; write {one: 1, two: 2}", True),
    "did not find expected node content": ("a [ or { is never closed, or a comma is too many; write [one, two]", True),
    "found unexpected end of stream": ("a quote is never closed; close it on the same line", True),
}


def decode(file: str, raw: bytes) -> str:
    """Return the text of a document; raise RegistryError for what readers take for different things or can't show."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refuse(file, "is not UTF-8; save it as UTF-8", line=line) from error
    if text.startswith("\ufeff"):
        raise refuse(file, "starts with a byte-order mark; save it as UTF-8 without one", line=1)
    if strange := _STRANGE.search(text):
        raise refuse(file, _strangeness(strange.group()), line=_lines_before(text, strange.start()) + 1)
    if not text.strip():
        raise refuse(file, EMPTY)
    if conflict := _CONFLICT.search(text):
        line = _lines_before(text, conflict.start()) + 1
        raise refuse(file, "holds a merge conflict; keep one side and take out the lines of <, = and >", line=line)
    return text


def _lines_before(text: str, position: int) -> int:
    return text.count("\n", 0, position)


def _strangeness(character: str) -> str:
    """Say what is wrong with a character that some readers take for something else, or that nobody sees."""
    if character == "\t":
        return "a tab stands where YAML wants spaces; indent with spaces"
    if character in "\r\x85\u2028\u2029":
        return f"holds U+{ord(character):04X}, which is a line break to some readers only; press Enter there instead"
    if CONTROLS.match(character):
        return "holds a control character; write plain text"
    return f"holds U+{ord(character):04X}, which nobody sees; type the line again without it"


def explain(file: str, text: str, error) -> RegistryError:
    """Turn an error of the YAML parser into one line that says what to write instead."""
    meaning, at_start = _MEANINGS.get(error.problem, (f"{error.problem}; check indentation, colons and quotes", False))
    mark = error.context_mark if at_start and error.context_mark else error.problem_mark
    shown = text.split("\n")[mark.line : mark.line + 1]
    if "\xa0" in "".join(shown):
        return refuse(file, "a no-break space stands where YAML wants a space; type it again", line=mark.line + 1)
    if error.problem == "exceeded maximum nesting depth":
        return refuse(file, DEEP, line=mark.line + 1)
    return refuse(file, f"is not YAML here: {meaning}", line=mark.line + 1)
