"""A running TensorFlow Serving: asked for the states of versions, and waited for until it has followed its config file."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from registry import versions
from registry.destinations.interface import Unfit, blamed
from registry.destinations.probing import AVAILABLE, DEADLINE, Endpoint
from registry.errors import Problem, RegistryError, refuse

if TYPE_CHECKING:  # `status` does without NumPy
    from registry.artifacts.golden import Golden

SOON, SELDOM = 0.05, 1.0  # seconds between two looks: at first, at most
ON_ITS_WAY = ("START", "LOADING")
FLAGS = "--model_config_file_poll_wait_seconds=1 --allow_version_labels_for_unavailable_models"


class States:
    """The states of versions, as the server at an address tells them; each wait is for so many seconds.

    A version is told by its model and its number. Nobody has `patience` for more seconds, whatever is asked.
    """

    def __init__(self, address: str, config: Path, within: int, patience: float) -> None:
        self._endpoint = Endpoint(address, min(DEADLINE, patience))
        self._config = config
        self._within = within
        self._known: dict[str, dict[int, str]] = {}
        self._deaf: RegistryError | None = None  # the server that does not read its file, once that is known

    def of(self, model: str) -> dict[int, str]:
        """Return the states of a model's versions; raise RegistryError where nobody tells them."""
        self._known[model] = self._endpoint.states(model)
        return self._known[model]

    def now(self, model: str, number: int) -> str | None:
        """Return the state of a version, None where the server does not know it, or does not answer."""
        try:
            return self.of(model).get(number)
        except RegistryError:
            return None

    def may_be_labelled(self, model: str, number: int) -> bool:
        """Say whether a version was loaded when last seen; where nobody answers all may: at a start all labels are new."""
        try:
            found = self._known[model] if model in self._known else self.of(model)
        except RegistryError:
            return True
        return found.get(number) == AVAILABLE

    def check_hearing(self) -> None:
        """Raise RegistryError where it is known that the server does not read its file: each version would wait in vain."""
        if self._deaf:
            raise self._deaf

    def wait_until_loaded(self, model: str, number: int, before: str | None) -> None:
        """Return once a version answers; raise RegistryError where it can't be loaded, or is not in time.

        `before` is its state before the file named it: the server remembers how earlier tries ended.
        """
        for _ in self._looks():
            state = self.now(model, number)
            if state == AVAILABLE:
                return
            before = before if state == before else None
            if state and state.startswith("END: ") and state != before:
                break
        raise self.unread(model, number)

    def wait_until_gone(self, model: str, number: int) -> None:
        """Return once a version does not answer any more; raise RegistryError where it still does."""
        for _ in self._looks():
            if self.now(model, number) != AVAILABLE:
                return
        raise self.unread(model, number)

    def is_up(self, model: str, number: int, seconds: float) -> bool:
        """Say whether a version answers within so many seconds, or later, where the server is at it meanwhile."""
        end = time.monotonic() + seconds
        for _ in self._looks():
            state = self.now(model, number)
            if state == AVAILABLE or (time.monotonic() > end and state not in ON_ITS_WAY):
                return state == AVAILABLE
        return False

    def prove(self, known: "Golden", model: str, number: int) -> None:
        """Raise Unfit unless a version gives its golden predictions."""
        with blamed():
            self._endpoint.prove(known, model, number)

    def wait_until_labelled(self, known: "Golden", model: str, label: str) -> None:
        """Return once a label leads to what gives golden predictions; raise RegistryError where it does not in time."""
        last: tuple[Problem, ...] = ()
        for _ in self._looks():
            try:
                return self._endpoint.prove(known, model, label=label)
            except RegistryError as error:
                last = error.problems
        text = f"still, {self._within} s after {self._config} moved the label; look at the server's log"
        raise RegistryError(*(replace(one, text=f"{one.text}, {text}") for one in last))

    def unread(self, model: str, number: int) -> RegistryError:
        """Return why a version is not as the file says, as far as the server tells that."""
        what, place = f"{model} {versions.from_integer(number)}", self._endpoint.address
        flags = f"start TensorFlow Serving with --model_config_file={self._config} {FLAGS}"
        try:
            state = self.of(model).get(number)
        except RegistryError as error:
            return RegistryError(*(replace(one, text=f"{one.text}; {flags}") for one in error.problems))
        if state is None or state == AVAILABLE:
            self._deaf = refuse(place, f"has not read {self._config} for {self._within} s, about {what}; {flags}")
            return self._deaf
        if state.startswith("END: "):
            return Unfit(Problem(place, 0, "", f"could not load {what}: {state.removeprefix('END: ')}"))
        text = f"has {what} as {state} after {self._within} s; look at its log, or raise health.within"
        return Unfit(Problem(place, 0, "", text))

    def _looks(self) -> Iterator[None]:
        """Yield at once, and again and again as long as is waited."""
        end, pause = time.monotonic() + self._within, SOON
        yield
        while time.monotonic() < end:
            time.sleep(pause)
            pause = min(SELDOM, pause * 1.5)
            yield
