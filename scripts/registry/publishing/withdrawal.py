"""Withdrawing a release: nothing is deleted, and the pages that name it say so."""

from registry import versions
from registry.errors import Problem, RegistryError, refuse
from registry.github.answers import GitHubError
from registry.publishing import pages, publication
from registry.releases.ledger import Release
from registry.releases.storage import Store


def withdraw(release: Release, known: list[Release], reason: str, store: Store) -> list[Problem]:
    """Mark a release as not to be promoted any more; nothing is deleted. Return which pages could not be told of it.

    `known` are the releases of its model, as this clone knows them.
    """
    facts = store.facts(release.tag)
    if facts is None and store.site:
        raise refuse(release.tag, f"is not in {store.place}; publish it first")
    those = [one._replace(withdrawn=reason) if one.tag == release.tag else one for one in known]
    problems = _tell_later(those, release, store)
    if facts:
        store.show(release.tag, publication.page(facts, those, release._replace(withdrawn=reason), store))
    store.withdraw(release, reason)
    return problems


def _tell_later(those: list[Release], withdrawn: Release, store: Store) -> list[Problem]:
    """Tell of a withdrawal on the pages of later versions that name the one withdrawn; a damaged one holds it not up."""
    problems: list[Problem] = []
    for one in those:
        try:
            facts = store.facts(one.tag) if versions.parse(withdrawn.version) < versions.parse(one.version) else None
        except GitHubError:
            raise
        except RegistryError as error:
            problems += error.problems
        else:
            if facts and withdrawn.tag in pages.compared_with(facts, publication.previous(those, one)):
                store.show(one.tag, publication.page(facts, those, one, store))
    return problems
