"""The release page: what people read who choose, check and run a version. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from registry import versions
from registry.artifacts import engines
from registry.formats.markdown import RELEASE_LIMIT, Section, alert, code, details, fit, text, titled
from registry.github.sites import Site
from registry.publishing import cards
from registry.showing import sections, summary

SERVING_IMAGE = "tensorflow/serving"


def page(
    facts: Mapping, *, previous: Mapping | None = None, withdrawn: str | None = None,
    others: Mapping[str, str] = MappingProxyType({}), pull: int | None = None, site: Site | None = None,
) -> str:  # fmt: skip
    """Return the body of a release from its release.json; its title is the tag.

    `previous` is the release.json of the version before, `withdrawn` the reason, `others` those of other
    versions by their tags, `pull` the number of the pull request.
    """
    report = facts["report"]
    earlier = previous and previous["report"]
    made = {**report, "commit": facts["commit"], "clean": True}  # the tag is on a commit that holds what was built
    told = summary.summarize(report, earlier)
    shown = [
        Section("withdrawn", _withdrawn(facts, withdrawn), 100),
        Section("verdict", sections.headline(told) if withdrawn is None else text(told.headline), 95),
        Section("versions before that are withdrawn", _gone(facts, previous, others), 94),
        Section("description", f"{text(report['description'], most=1000)}\n\n{cards.about(report)}", 85),
        Section("metrics", sections.metrics(told), 80),
        Section("what else to know", sections.noted(told), 78),
        Section("what changed", titled("What changed", sections.changes(report)), 60),
        Section("how to use it", titled("Download, verify, serve", _use(facts, site)), 90),
        Section("how it was made", titled("How it was made", sections.origin(made, site, pull)), 70),
        Section(sections.PLOTS, titled("Plots", sections.plotted(report)), 30),
        *(Section(name, details(name, body), worth) for name, body, worth in sections.folded(report, told)
          if body and name != sections.PLOTS),
    ]  # fmt: skip
    return fit(shown, RELEASE_LIMIT)


def _withdrawn(facts: Mapping, reason: str | None) -> str:
    if reason is None:
        return ""
    advice = "Nothing was deleted, but `promote` refuses it from now on: choose another version."
    return alert("CAUTION", f"**{code(facts['tag'])} is withdrawn**: {text(reason, most=1000)}", advice)


def compared_with(facts: Mapping, previous: Mapping | None) -> set[str]:
    """Return the tags of the versions that a release's page names besides its own."""
    report = facts["report"]
    before = [one["version"] for one in (report["incumbent"], previous and previous["report"]) if one]
    since = (report.get("changes") or {"since": None})["since"]
    return {versions.tag(report["model"], one) for one in before} | ({since} if since else set())


def _gone(facts: Mapping, previous: Mapping | None, others: Mapping[str, str]) -> str:
    named = sorted(compared_with(facts, previous) & others.keys())
    told = (f"{code(tag)}, which it is compared with, is withdrawn: {text(others[tag])}" for tag in named)
    return "\n\n".join(told)


def _use(facts: Mapping, site: Site | None) -> str:
    """Return three commands to paste: the digest stands on the page, and a file that has another goes no further."""
    model, version = facts["report"]["model"], facts["report"]["version"]
    tag, artifact = versions.tag(model, version), facts["report"]["artifact"]
    folder, served = f"{model}-{version}", f"serving/{model}/{versions.to_integer(version)}"
    unpack = f"mkdir -p {served} && tar xf {folder}/{artifact['name']} -C {served} &&"
    fetch = f"gh release download {tag} --repo {site.slug} --dir {folder}" if site else f"cp -r releases/{tag} {folder}"
    docker = (
        f"{unpack} docker run --rm -p 8501:8501 \\",
        f'  -v "$PWD/serving/{model}:/models/{model}" -e MODEL_NAME={model} {SERVING_IMAGE}',
    )
    answers = f"Then `http://localhost:8501/v1/models/{model}:predict` answers."
    is_onnx = facts["report"]["runtime"] == "onnx"
    serve = _serve(facts, unpack) if is_onnx else docker
    script = sections.command(f"{fetch} &&", f"(cd {folder} && {sections.verify(artifact)}) &&", *serve)
    told = f"The last line runs in a clone of this repository. It is {cards.ONNX}." if is_onnx else (
        f"The artifact is {cards.SAVED_MODEL}."
    )  # fmt: skip
    others = [
        *([] if is_onnx else [_without_docker(facts, unpack)]),
        *([_without_gh(tag, folder, site)] if site else []),
    ]
    return "\n\n".join([script, f"{answers} {told}", *others])


def _serve(facts: Mapping, unpack: str) -> tuple[str, str]:
    return unpack, f"  tox run -e {engines.verb(facts['report']['runtime'])} -- --path serving"


def _without_docker(facts: Mapping, unpack: str) -> str:
    script = sections.command(*_serve(facts, unpack))
    return details("serve without Docker", f"{script}\n\nIn place of the last two lines above, in a clone of this "
                   "repository.")  # fmt: skip


def _without_gh(tag: str, folder: str, site: Site) -> str:
    """The addresses of assets that a browser uses take no token; the API's do, and know the assets by number.

    With an empty token curl sends no such header, so that the same lines fit public and private repositories.
    """
    curl = 'curl -fL -H "Authorization: ${GITHUB_TOKEN:+Bearer $GITHUB_TOKEN}"'
    listing = '"url =", one["url"], "\\noutput =", one["name"]'
    pick = f'import json, sys; [print({listing}) for one in json.load(sys.stdin)["assets"]]'
    script = (
        f"mkdir {folder} && cd {folder} &&",
        f"{curl} {site.release_api(tag)} |",
        f"  python3 -c '{pick}' |",
        f'  {curl} -H "Accept: application/octet-stream" --config - && cd ..',
    )
    advice = "In place of the first line above. A private repository needs a token in `GITHUB_TOKEN`."
    return details("download without gh", f"{sections.command(*script)}\n\n{advice}")
