"""What tests count is printed at the end: they record it as the property `count`."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.getreports("passed")
    counts = sorted(value for report in passed for name, value in report.user_properties if name == "count")
    for value in counts:
        terminalreporter.write_line(value)
