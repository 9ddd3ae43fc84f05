"""What the verbs know: models, releases, environments, and how they hang together."""

import sys
from pathlib import Path
from types import TracebackType


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what to run where a verb's requirements are not installed: that is known before `console` can be there."""
    if not isinstance(error, ModuleNotFoundError):
        sys.__excepthook__(kind, error, trace)
        return
    verb = Path(sys.argv[0]).stem
    print(f"{error.name}: is not installed here; run `tox run -e {verb}`, which brings it", file=sys.stderr)


sys.excepthook = _explain
