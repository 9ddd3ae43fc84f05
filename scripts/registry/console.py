"""How the verbs speak: plain lines, tables, progress, and problems. The one door to rich."""

import argparse
import gc
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TextIO

from registry import alerts
from registry.errors import Problem, RegistryError, refuse

WIDTH = 110
SELDOM = 30
MOST_QUOTED = 100_000  # characters
MOST_SUMMARY, ROOM = 1024 * 1024, 384 * 1024  # bytes: of a larger summary GitHub shows nothing; what problems may take
NO_ROOM = "\n**There is no room here for more**: the log has it.\n"
COMMAND = re.compile("`[^`]*`")
RUNNERS = re.compile(r"^(\s*):(?=:)", re.MULTILINE)  # with which a line begins that a runner of GitHub obeys
NO_VALUE = re.compile("--[a-z-]+=--")
GARBAGE = 1_000_000  # objects: a verb makes many that live as long as it does, and hardly any in cycles


def _explain_missing(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what to run where a verb's requirements are not installed: true of all that is imported after this module."""
    if not isinstance(error, ModuleNotFoundError):
        sys.__excepthook__(kind, error, trace)
        return
    verb = Path(sys.argv[0]).stem
    print(f"{error.name}: is not installed here; run `tox run -e {verb}`, which brings it", file=sys.stderr)


sys.excepthook = _explain_missing


class _Parser(argparse.ArgumentParser):
    def parse_known_args(
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse `--at=--`, of whose value argparse makes none."""
        for word in sys.argv[1:] if args is None else args:
            if NO_VALUE.fullmatch(word):
                self.error(f"{word}: -- is no value")
        return super().parse_known_args(args, namespace)


def parser(description: str, example: str) -> argparse.ArgumentParser:
    """Return a verb's argument parser: what the verb does above the options, an example below."""
    return _Parser(
        description=description, epilog=f"example: {example}", formatter_class=argparse.RawDescriptionHelpFormatter
    )


def given(text: str) -> str:
    """Return what an option was given; refuse nothing, which is what a script has of a variable that was never set."""
    if not text:
        raise argparse.ArgumentTypeError("is empty; write something, or leave the option out")
    return text


def path(text: str) -> Path:
    """Return the path that an option was given."""
    return Path(given(text))


def say(text: str = "") -> None:
    """Print one line (or block) at once, so that a log shows it while work goes on."""
    print(_disarmed(text), flush=True)


def tell(text: str, colour: str = "") -> None:
    """Print a sentence: a terminal has it in a colour, and broken between words."""
    if colour and sys.stdout.isatty():
        _rich(stderr=False).print(_broken(text, sys.stdout), style=colour)
    else:
        say(_broken(text, sys.stdout))


def warn(text: str) -> None:
    """Print one line to stderr: something to know, which stops nothing."""
    print(_disarmed(_broken(text, sys.stderr)), file=sys.stderr, flush=True)


def warn_of(problems: Iterable[Problem]) -> list[Problem]:
    """Print problems to stderr, sorted, each once; return them so. Stdout, which programs may read, has none of it."""
    unique = sorted(set(problems))
    for problem in unique:
        warn(str(problem))
    return unique


def _disarmed(text: str) -> str:
    """Return a text, which may be anybody's, as a runner of GitHub takes no line of it for a command."""
    return RUNNERS.sub(r"\1: ", text) if os.environ.get("GITHUB_ACTIONS") == "true" else text


def _broken(text: str, stream: TextIO) -> str:
    """Return lines as a terminal shows them whole: broken between words, and never within a command to paste."""
    if not stream.isatty():
        return text
    import shutil
    import textwrap

    whole = COMMAND.sub(lambda command: command[0].replace(" ", "\0"), text)
    width = shutil.get_terminal_size().columns
    wrapper = textwrap.TextWrapper(width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(wrapper.fill, whole.split("\n"))).replace("\0", " ")


def output(name: str, value: object) -> None:
    """Hand a value, as JSON on one line, to the workflow that runs this verb; a laptop has no such ear."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{name}={json.dumps(value)}\n")


def quote(path: Path) -> None:
    """Print what a log holds where a workflow runs this verb, since its runner goes, and the file with it.

    It may be anybody's words, so none of them is taken for a command.
    """
    if os.environ.get("GITHUB_ACTIONS") == "true" and path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            words, end = file.read(MOST_QUOTED), os.urandom(16).hex()
        print(f"::group::{path.name}\n::stop-commands::{end}\n{words}\n::{end}::\n::endgroup::", flush=True)


def summarize(page: str, *, first: bool = False) -> None:
    """Put a Markdown page on the summary of the job that runs this verb, below or above what stands there.

    Below it, and below what follows, only as long as there is room.
    """
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        there = Path(path).read_text("utf-8") if os.path.exists(path) else ""
        pages = (f"{page}\n", there) if first else (there, f"{page}\n")
        whole = "\n".join(filter(None, pages))
        if not first and (
            there.endswith(NO_ROOM) or len(whole.encode("utf-8", "backslashreplace")) > MOST_SUMMARY - ROOM
        ):
            whole = f"{there.removesuffix(NO_ROOM)}{NO_ROOM}"
        Path(path).write_text(whole, "utf-8", "backslashreplace")


def conclude(done: str, *then: str, kind: str = alerts.GOOD, page: str = "") -> None:
    """Say what was done and what comes next; on the job's summary that is an alert, with a Markdown page below it."""
    say("\n".join([done, *(f"next: {step}" for step in then)]))
    told = alerts.alert(kind, done, [f"next: {alerts.plain(step)}" for step in then])
    summarize("\n\n".join(filter(None, (told, page))))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str] = ()) -> None:
    """Print a table without borders, on a terminal each row in its colour.

    Cells are broken, first at their line feeds, only where a terminal is too narrow for it.
    """
    lines = [[cell.replace("\n", " ") for cell in cells] for cells in (heads, *rows)]
    widths = _widths(lines)
    is_wide = _is_too_wide(widths)
    if sys.stdout.isatty() and (is_wide or colours):
        _draw(heads, rows if is_wide else lines[1:], colours or [""] * len(rows))
        return
    padded = ([cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)] for line in lines)
    say("\n".join("  ".join(cells).rstrip() for cells in padded))


def fits(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Say whether a terminal has room for a table without breaking its cells; what is no terminal has room for all."""
    return not sys.stdout.isatty() or not _is_too_wide(_widths([heads, *rows]))


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_width, column)) for column in zip(*lines, strict=True)]


def _is_too_wide(widths: Sequence[int]) -> bool:
    import shutil

    return sum(widths) + 2 * len(widths) - 2 > shutil.get_terminal_size().columns


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _draw(heads: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str]) -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="")
    for head in heads:
        grid.add_column(head, overflow="fold")  # what is cut off can't be read anywhere
    for row, colour in zip(rows, colours, strict=True):
        grid.add_row(*row, style=colour)
    _rich(stderr=False).print(grid)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on stderr while the block runs; yield `show(done, total)` in bytes, total None while unknown.

    Where stderr is no terminal nothing is drawn.
    """
    from rich import progress as bars

    columns = bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn(), bars.TransferSpeedColumn()
    console = _rich(stderr=True)
    with bars.Progress(*columns, bars.TimeElapsedColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def working(label: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr that something long is running; yield `show(text)` for its latest word.

    A terminal gets one line that moves; anything else gets a line now and then.
    """
    console = _rich(stderr=True)
    if not console.is_terminal:
        say(f"{label} ...")
        yield _now_and_then()
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("{task.fields[word]}")
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None, word="")
        yield lambda text: bar.update(task, word=text[:60])


def _now_and_then() -> Callable[[str], None]:
    """Return a `show` for logs: at most one line in SELDOM seconds, however much there is to say."""
    last = time.monotonic()

    def show(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= SELDOM:
            last = time.monotonic()
            say(f"  {text[:WIDTH]}")

    return show


def _rich(stderr: bool):
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else WIDTH, highlight=False, markup=False, emoji=False)


def run(main: Callable[[], None]) -> None:
    """Run a verb's `main` and exit: 0 when it returns, 1 with all its problems in plain lines when it can't go on.

    SIGTERM ends it as Ctrl-C does: what it holds is put in order first.
    """
    gc.set_threshold(GARBAGE)
    for number in signal.SIGINT, signal.SIGTERM:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # None where it was closed
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        main()
        sys.stdout.flush()
    except RegistryError as error:
        report(error.problems)
    except BrokenPipeError:
        _let_output_go()
    except OSError as error:
        report(explain(error).problems)
        _let_output_go()
    except KeyboardInterrupt as stop:
        print("stopped; run the same command again to go on", file=sys.stderr)
        sys.exit(128 + stop.args[0])
    else:
        gc.freeze()  # Python's end looks for garbage in all that is left, which takes longer than letting it go
        return
    sys.exit(1)


def _stop(number: int, _: object) -> None:
    raise KeyboardInterrupt(number)


def _let_output_go() -> None:
    """Python writes what stdout still holds at its end; where that fails, let it go nowhere instead."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explain(error: OSError) -> RegistryError:
    """The machine said no (disk full, no permission, …): say which file and why."""
    place = error.filename if isinstance(error.filename, str) else "this machine"
    reason = (error.strerror or str(error)).lower()
    return refuse(_relative(place), f"{reason}; mend that and run the same command again")


def _relative(place: str) -> str:
    inside = os.path.isabs(place) and place.startswith(os.getcwd() + os.sep)
    return os.path.relpath(place) if inside else place


def advise(problems: Iterable[Problem]) -> None:
    """Print what is worth knowing and stops nothing; under GitHub Actions also as warnings on its lines.

    The summary of a job has it, too.
    """
    unique = warn_of(problems)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for problem in unique:
            print(annotation(problem, "warning"))
    if unique:
        summarize(alerts.alert(alerts.DOUBTFUL, "Worth knowing; it stops nothing", alerts.listed(unique)))


def report(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, sorted, each once, counted; under GitHub Actions also as annotations.

    They are the first thing on the summary of the job.
    """
    unique = warn_of(problems)
    print(count(len(unique), "problem"), file=sys.stderr)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for problem in unique:
            print(annotation(problem))
    headline = f"{Path(sys.argv[0]).stem}: {count(len(unique), 'problem')}"
    summarize(alerts.alert(alerts.BAD, headline, alerts.listed(unique)), first=True)


def annotation(problem: Problem, kind: str = "error") -> str:
    """Return the workflow command that shows a problem, on its line of the pull request where its place is a file."""
    if not _is_file(problem.file):
        return f"::{kind}::{_escaped(str(problem))}"
    data = f"{problem.field}: {problem.text}" if problem.field else problem.text
    file = _escaped(problem.file).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} file={file},line={max(problem.line, 1)}::{_escaped(data)}"


def _is_file(place: str) -> bool:
    """Say whether a place is a file of the working tree: there, or missing from a folder that is there.

    GitHub shows nothing on a folder. A call such as `POST /repos/…`, an option or a tag is no file.
    """
    folder = os.path.dirname(place)
    if os.path.isabs(place) or os.path.isdir(place):
        return False
    return os.path.exists(place) or (folder != "" and os.path.isdir(folder))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def count(number: int, noun: str) -> str:
    """Return `1 problem`, `2,000 problems`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
