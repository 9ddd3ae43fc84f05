"""How a version that was tried did, told on the pull request that moved its pin: one comment, made once and then edited."""

from typing import TYPE_CHECKING

from registry import alerts
from registry.environments.reconcile import PROMOTED, Ended
from registry.pulls import opening

if TYPE_CHECKING:
    from registry.github.client import GitHub

MARK = "<!-- how {model} {version} did in the environment {environment} -->"


def tell(github: "GitHub", environment: str, ended: Ended) -> str | None:
    """Say how a trial ended; return where that stands, None where no pull request brought the pin.

    Raises RegistryError where GitHub doesn't take it.
    """
    pull = next(github.brought(ended.commit), None) if ended.commit else None
    if pull is None:
        return None
    mark = MARK.format(model=ended.model, version=ended.version, environment=environment)
    return opening.comment(github, pull["number"], mark, _body(environment, ended))


def _body(environment: str, ended: Ended) -> str:
    told = f"{ended.model} {ended.version} was tried in {environment}, and {ended.became}"
    if ended.became == PROMOTED:
        return alerts.alert(alerts.GOOD, told, [alerts.plain(ended.told)])
    again = "`tox run -e status` tells how to try it again"
    then = f"It is held: what ran before answers. Revert this pull request, or pin another version; {again}."
    return alerts.alert(alerts.BAD, told, [alerts.plain(ended.told), "", alerts.plain(then)])
