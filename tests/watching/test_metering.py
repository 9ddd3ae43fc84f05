"""Figures out of a page for Prometheus: `serve`'s own, TensorFlow Serving's, and pages that hold none."""

import pytest
from asking import ROW
from loopback import answering
from servers import fixture, place, repository, serving

from registry.destinations.probing import Endpoint
from registry.watching import decision, metering
from registry.watching.metering import Page
from registry.watching.tally import Figures
from registry.environments.manifests import Environment
from registry.environments.reconcile import Trial
from registry.environments.terms import Health, Limits, Rollout
from registry.errors import RegistryError
from registry.formats.reader import Document

TENSORFLOW = """# TYPE :tensorflow:serving:request_count counter
:tensorflow:serving:request_count{model_name="digits",status="OK"} 90
:tensorflow:serving:request_count{model_name="digits",status="INVALID_ARGUMENT"} 7
:tensorflow:serving:request_count{model_name="digits",status="INTERNAL"} 3
:tensorflow:serving:request_count{model_name="other",status="OK"} 1000
# TYPE :tensorflow:serving:request_latency histogram
:tensorflow:serving:request_latency_bucket{model_name="digits",API="predict",entrypoint="REST",le="18"} 4
:tensorflow:serving:request_latency_bucket{model_name="digits",API="predict",entrypoint="REST",le="+Inf"} 60
:tensorflow:serving:request_latency_sum{model_name="digits",API="predict",entrypoint="REST"} 1e+06
:tensorflow:serving:request_latency_count{model_name="digits",API="predict",entrypoint="REST"} 60
:tensorflow:serving:request_latency_bucket{model_name="digits",API="predict",entrypoint="GRPC",le="18"} 1
:tensorflow:serving:request_latency_bucket{model_name="digits",API="predict",entrypoint="GRPC",le="+Inf"} 40
# TYPE :tensorflow:core:graph_runs counter
:tensorflow:core:graph_runs{} 12
"""


@pytest.mark.parametrize("workers", ["--workers=1", "--workers=2"])
def test_serve_tells_each_version_apart(tmp_path, workers):
    models = repository(tmp_path)
    place(models, "digits", 1_000_000, fixture("double"))
    place(models, "digits", 1_001_000, fixture("triple"))
    with serving(tmp_path, workers) as server:
        empty = Page(server.url, server.get("/metrics").text)
        for _ in range(4):
            server.post("/v1/models/digits:predict", {"instances": [ROW]})
        server.post("/v1/models/digits/versions/1000000:predict", {"instances": [ROW]})
        server.post("/v1/models/digits/versions/1000000:predict", {"instances": []})
        found = Page(server.url, server.get("/metrics").text)
    assert empty.figures("digits", "1.0.0") == Figures(0, 0, 0, (), 0, 0)
    old, new = (found.figures("digits", version) for version in ("1.0.0", "1.1.0"))
    assert (old.requests, old.failed, old.refused, old.compared) == (2, 0, 1, 0)
    assert (new.requests, new.failed, new.refused) == (4, 0, 0)
    assert [edge for edge, _ in new.buckets][::13] == [0.0005, 10.0] and new.buckets[-1] == (float("inf"), 4)


def test_tensorflow_serving_tells_models_and_not_their_versions():
    page = Page("http://localhost:8501/monitoring/prometheus/metrics", TENSORFLOW)
    assert page.figures("digits", "1.0.0") == Figures(100, 3, 7, ((18e-6, 5), (float("inf"), 100)), is_apart=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!doctype html>\n<html><body>Not found", "answers with HTML"),
        ("<html>", "answers with HTML"),
        ('{"error": "no"}', "answers with what Prometheus could not read"),
        ("serve_requests_total{model=", "answers with what Prometheus could not read"),
        ("up yes", "answers with what Prometheus could not read"),
        ("", "tells nothing of requests to models"),
        ("# TYPE up gauge\nup 1\n", "tells nothing of requests to models"),
    ],
)
def test_a_page_without_figures_is_told(text, said):
    with pytest.raises(RegistryError) as error:
        Page("http://localhost:8501/metrics", text)
    advice = "write in health.metrics where serve or TensorFlow Serving tells how it does"
    assert str(error.value) == f"http://localhost:8501/metrics: {said}; {advice}"


@pytest.mark.parametrize("value", ["NaN", "-1", "+Inf"])
def test_what_nobody_can_have_counted_is_refused(value):
    with pytest.raises(RegistryError) as error:
        Page("here", TENSORFLOW.replace("} 90", f"}} {value}"))
    assert "of :tensorflow:serving:request_count_total, which nobody can have counted" in str(error.value)


@pytest.mark.parametrize(("old", "new", "what"), [
    (',status="OK"} 90', "} 90", "no status of :tensorflow:serving:request_count_total"),
    (',le="18"} 4', "} 4", "no le of :tensorflow:serving:request_latency_bucket"),
    ('le="18"} 4', 'le="x"} 4', "an le that is no number of :tensorflow:serving:request_latency_bucket"),
    ('le="18"} 4', 'le="NaN"} 4', "an le that is no number of :tensorflow:serving:request_latency_bucket"),
])  # fmt: skip
def test_a_figure_without_what_tells_it_from_others_is_refused(old, new, what):
    with pytest.raises(RegistryError) as error:
        Page("here", TENSORFLOW.replace(old, new))
    assert str(error.value) == f"here: tells {what}, which nobody can have counted"


@pytest.mark.parametrize(("old", "new"), [('le="+Inf"', 'le="36"'), ('le="18"} 4', 'le="18"} 400')])
def test_of_buckets_that_do_not_hold_all_requests_nothing_can_be_told(old, new):
    found = Page("here", TENSORFLOW.replace(old, new)).figures("digits", "1.0.0")
    assert (found.requests, found.buckets) == (100, ())
    trial, health = Trial("1.1.0", "ab" * 32, 0.0, 0.1), Health(120, 0, Limits(), None)
    step = decision.decide(trial, 60.0, Rollout(0.1, 60, Limits(p99_ms=50)), health, found, None)
    assert (step.does, "p99_ms: no request took longer than 50 ms" in step.told) == (decision.WAIT, True)


@pytest.mark.parametrize(
    ("kind", "health", "path"),
    [
        ("directory", {}, "/digits/metrics"),
        ("tensorflow-serving", {}, "/digits/monitoring/prometheus/metrics"),
        ("tensorflow-serving", {"metrics": "/figures"}, "/figures"),
    ],
)
def test_the_page_is_where_the_target_or_the_environment_says(kind, health, path):
    def answer(call):
        call.reply(200, TENSORFLOW.encode()) if call.path == path else call.reply(404, b"<html>")

    with answering(answer) as server:
        document = {"target": {"type": kind, "endpoint": f"{server.url()}/{{model}}/"}}
        document["health"] = {name: server.url() + where for name, where in health.items()}
        environment = Environment("staging", Document("environments/staging.yaml", document, {}), None, {})
        address = metering.address(environment)
        page = Page(address, Endpoint(address).text("", "digits"))
        assert page.figures("digits", "1.0.0").requests == 100
