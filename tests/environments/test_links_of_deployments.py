"""The page that GitHub links at a deployment: the environment's own, or where it is served, but never localhost."""

import json
from pathlib import Path

import pytest
from forks import verb
from registries import ENVIRONMENT

ENDPOINTS = {
    "https://models.example.org": "https://models.example.org",
    "http://models:8501/v1": "http://models:8501/v1",
    "http://localhost:8501": "",
    "http://LOCALHOST": "",
    "http://127.0.0.1:8501/": "",
    "http://0.0.0.0:8501": "",
    "http://[::1]:8501": "",
    "http://localhost.example.org": "http://localhost.example.org",
}


def linked(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    output = root.parent / "outputs"
    output.unlink(missing_ok=True)
    monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(output))
    verb(root, "targets")
    return {one["environment"]: one["url"] for one in json.loads(output.read_text().partition("=")[2])}


def test_an_endpoint_is_linked_unless_it_is_nobodys_else(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = root / "environments/staging.yaml"
    text = spec.read_text()
    for endpoint, page in ENDPOINTS.items():
        spec.write_text(f"{text.rstrip()}\n  endpoint: {endpoint}\n")
        assert linked(root, monkeypatch) == {"staging": page, "production": ""}
    spec.write_text(f"{spec.read_text()}url: https://grafana.example.org/d/models\n")
    assert linked(root, monkeypatch)["staging"] == "https://grafana.example.org/d/models"
