"""Renew tests/github/hub/openapi.json: GitHub's own API description, cut down to the operations that the hub answers.

    npm install --prefix /tmp/octokit @octokit/openapi
    python tests/github/hub/trim.py /tmp/octokit/node_modules/@octokit/openapi

What goes: other operations, prose, examples, response headers, vendor extensions. What stays is unchanged, but for
oneOf, which becomes anyOf without a discriminator (GitHub's own answers fit several of its alternatives at once),
an asset's state, which may be `starter` as the prose says, and a job's conclusion, which is null until it has one.
"""

import json
import sys
from pathlib import Path

OPERATIONS = Path(__file__).with_name("operations.txt")
RESULT = Path(__file__).with_name("openapi.json")
PROSE = {
    "description", "summary", "title", "example", "examples", "externalDocs", "tags", "headers", "links",
    "deprecated", "discriminator",
}  # fmt: skip
NAMED = {"properties", "schemas", "responses", "parameters", "content", "patternProperties"}


def main(package: Path) -> None:
    version = json.loads((package / "package.json").read_text())["version"]
    whole = json.loads((package / "generated/api.github.com.json").read_text())
    result = trimmed(whole, [line.split() for line in OPERATIONS.read_text().splitlines()])
    result["info"] = {"title": "GitHub's REST API, trimmed by trim.py", "version": f"@octokit/openapi {version}"}
    RESULT.write_text(dumped(result))
    print(f"{RESULT}: {sum(map(len, result['paths'].values()))} operations, {RESULT.stat().st_size // 1024} KiB")


def trimmed(whole: dict, operations: list[list[str]]) -> dict:
    """Return the description of these operations (method, path) and of what they refer to."""
    paths: dict = {}
    for method, path in operations:
        paths.setdefault(path, {})[method.lower()] = bare(whole["paths"][path][method.lower()])
    components: dict = {}
    wanted = references(paths)
    while wanted:
        kind, name = wanted.pop()
        if name not in components.setdefault(kind, {}):
            components[kind][name] = bare(whole["components"][kind][name])
            wanted |= references(components[kind][name])
    components["schemas"]["release-asset"]["properties"]["state"]["enum"].append("starter")
    components["schemas"]["job"]["properties"]["conclusion"]["enum"].append(None)
    return {
        "openapi": whole["openapi"],
        "info": {},
        "servers": whole["servers"],
        "paths": paths,
        "components": components,
    }


def bare(node: object, names: bool = False) -> object:
    """Return a node without prose; `names` says that its keys are names that GitHub chose, not words of OpenAPI."""
    if isinstance(node, list):
        return [bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or not (key in PROSE or key.startswith("x-"))}
    renamed = {"anyOf" if key == "oneOf" and not names else key: value for key, value in kept.items()}
    return {key: bare(value, not names and key in NAMED) for key, value in renamed.items()}


def references(node: object) -> set[tuple[str, str]]:
    """Return what a node refers to: kind and name of components."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(references, node.values()))
    if isinstance(node.get("$ref"), str):
        found.add(tuple(node["$ref"].removeprefix("#/components/").split("/")))
    return found


def dumped(result: dict) -> str:
    """Return JSON with one operation and one component a line: small, and its changes can still be read."""
    lines = []
    for path, methods in result["paths"].items():
        inner = ",\n".join(f"   {json.dumps(method)}: {compact(one)}" for method, one in methods.items())
        lines.append(f"  {json.dumps(path)}: {{\n{inner}\n  }}")
    paths = ",\n".join(lines)
    kinds = []
    for kind, those in sorted(result["components"].items()):
        inner = ",\n".join(f"   {json.dumps(name)}: {compact(one)}" for name, one in sorted(those.items()))
        kinds.append(f"  {json.dumps(kind)}: {{\n{inner}\n  }}")
    head = ",\n".join(f" {json.dumps(key)}: {compact(result[key])}" for key in ("openapi", "info", "servers"))
    components = ",\n".join(kinds)
    return f'{{\n{head},\n "paths": {{\n{paths}\n }},\n "components": {{\n{components}\n }}\n}}\n'


def compact(node: object) -> str:
    return json.dumps(node, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
