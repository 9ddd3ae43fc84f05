"""Where one training takes place: on which devices, and with which folder that outlives it."""

from registry.machines import checkpoints
from registry.machines.devices import Devices


class Station:
    """What train() gets besides rows and what the spec says, and what is told of it."""

    def __init__(self, kept: str | None, *, takes_checkpoints: bool, alone: bool = False) -> None:
        """Find the devices of this process; `kept` is the folder that outlives it, None where nothing has to.

        Raises ValueError, as of train(), where machines can't train together.
        """
        self.devices = Devices(alone=alone)
        folder, self._resumed = checkpoints.given(kept) if takes_checkpoints else (None, False)
        self.arguments = {checkpoints.NAME: folder} if folder else {}

    @property
    def told(self) -> dict:
        """What a report says of it."""
        devices = self.devices
        return {"devices": devices.names, "workers": devices.cluster.workers, "resumed": self._resumed}
