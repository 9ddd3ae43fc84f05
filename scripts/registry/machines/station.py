"""Where one training takes place: on which devices, and with which folder that outlives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from registry.errors import RegistryError
from registry.machines import checkpoints
from registry.machines.devices import Devices

SPOILT = (
    f"it went on from what an earlier try left in {checkpoints.FOLDER}: where that is why, remove it"
    " (on GitHub: the artifact of checkpoints on the run's page)"
)


class Station:
    """What train() gets besides rows and what the spec says, and what is told of it."""

    def __init__(self, kept: str | None, *, takes_checkpoints: bool, alone: bool = False) -> None:
        """Find the devices of this process; `kept` is the folder that outlives it, None where nothing has to.

        Raises ValueError, as of train(), where machines can't train together.
        """
        self.devices = Devices(alone=alone)
        folder, self._resumed = checkpoints.given(kept) if takes_checkpoints else (None, False)
        self.arguments = {checkpoints.NAME: folder} if folder else {}

    @contextmanager
    def used(self) -> Iterator[None]:
        """Train on its devices; of what fails meanwhile say what it went on from, which each try would fail by."""
        try:
            with self.devices.used():
                yield
        except RegistryError as error:
            if not self._resumed:
                raise
            raise RegistryError(*(replace(one, text=f"{one.text}; {SPOILT}") for one in error.problems)) from error

    @property
    def told(self) -> dict:
        """What a report says of it."""
        devices = self.devices
        return {"devices": devices.names, "workers": devices.cluster.workers, "resumed": self._resumed}
