"""The log of all calls, so that tests can count them."""

from dataclasses import dataclass


@dataclass
class Call:
    """One call. `number` counts from 1 over API, uploads and storage; calls of Git and of web pages have number 0."""

    number: int
    host: str
    method: str
    template: str
    path: str
    query: dict[str, str]
    login: str
    authorized: bool  # an Authorization header came along
    body: int = 0  # a hash of what was sent
    status: int = 0
    fault: str = ""
    is_alterable: bool = False  # whether the fault `altered` would alter anything

    def __str__(self) -> str:
        fault = f" ({self.fault})" if self.fault else ""
        return f"{self.number} {self.host} {self.method} {self.template} {self.status}{fault}"


class Calls(list):
    """All calls in the order they came."""

    @property
    def counted(self) -> list[Call]:
        """Those that a client of the API makes: API, uploads and storage, without Git."""
        return [call for call in self if call.number]

    def count(self, method: str | None = None, template: str | None = None, host: str | None = None) -> int:
        """Return how many calls there were of a kind."""
        wanted = {"method": method, "template": template, "host": host}
        given = {key: value for key, value in wanted.items() if value is not None}
        return sum(all(getattr(call, key) == value for key, value in given.items()) for call in self.counted)

    @property
    def writes(self) -> list[Call]:
        """Those that change something."""
        return [call for call in self.counted if call.method != "GET"]

    def __str__(self) -> str:
        return "\n".join(map(str, self))
