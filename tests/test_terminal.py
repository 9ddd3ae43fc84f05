"""What a terminal of 80 columns shows of a verdict: in colour, and nothing wider; a log has plain lines."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from terminals import COLOUR, shown

SCRIPTS = Path(__file__).parents[1] / "scripts"
HELPERS = Path(__file__).parent / "helpers"
SAY = """
import build, samples
from pathlib import Path
from registry import console
from registry.errors import Problem
from registry.judging.candidates import Candidate

for made in (samples.failing(), samples.undecided(), samples.accepted(), samples.worse(), samples.houses()):
    build.speak(Candidate(Path("candidates/digits"), made))
console.report([Problem("models/digits/model.yaml", 23, "thresholds.recall", samples.undecided()["judgements"][3]["reason"]
                        + "; run `tox run -e build -- digits and many more words that belong to one command to paste`")])
"""


def says(**environment: str) -> str:
    """Return what is printed on a terminal of 80 columns."""
    return shown([sys.executable, "-c", SAY], SCRIPTS.parent, PYTHONPATH=f"{SCRIPTS}:{HELPERS}", **environment)


def test_a_verdict_is_shown_in_its_colour_worst_first_and_nothing_is_wider_than_the_terminal() -> None:
    said = says()
    plain = COLOUR.sub("", said)
    assert [line for line in plain.split("\n") if len(line) > 80 and "`tox run" not in line] == []
    assert "\n  `tox run -e build -- digits and many more words that belong to one command to paste`\n" in plain
    assert "\x1b[31m✗" in said and "\x1b[33m?" in said and "\x1b[32m✓" in said
    assert "\x1b[31mdigits 1.2.0 fails, and is worse than 1.1.0: accuracy 0.902 (0.885 to 0.916),\x1b[0m\n" in said
    assert "\x1b[35mdigits 1.2.0 passes, but is worse than 1.1.0: " in said
    assert "\x1b[33mcannot tell whether digits 1.2.0 passes, and it is not told apart from 1.1.0:\x1b[0m\n" in said
    assert "\x1b[32mhouses 1.2.0 passes, and is better than 1.1.0: " in said
    marks = [line[0] for line in plain.partition("verdict")[0].split("\n") if line and line[0] in "✗?✓"]
    assert marks == sorted(marks, key="✗?✓".index) and len(marks) == 4


def test_who_wants_no_colour_gets_none() -> None:
    assert not COLOUR.search(re.sub(r"\x1b\[[0-2]?m", "", says(NO_COLOR="1")))


def test_a_log_has_plain_lines(capfd: pytest.CaptureFixture) -> None:
    settings = os.environ | {"PYTHONPATH": f"{SCRIPTS}:{HELPERS}", "GITHUB_ACTIONS": ""}
    subprocess.run([sys.executable, "-c", SAY], env=settings, check=True)
    said, warned = capfd.readouterr()
    assert said.startswith(
        "   metric                         new                     old (1.1.0)  change                            asked\n"
        "✗  accuracy                       0.902 (0.885 to 0.916)  0.964        -0.062, worse (-0.075 to -0.048)"
        "  ≥ 0.9, ≤ 0.03 worse\n"
    )
    assert "\ndigits 1.2.0 fails, and is worse than 1.1.0: accuracy 0.902 (0.885 to 0.916), 6.2 points less\n" in said
    assert warned.count("\n") == 2 and "\x1b" not in said + warned
