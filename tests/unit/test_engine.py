from __future__ import annotations

import os

import pytest
from apache_beam.options.pipeline_options import DebugOptions, StandardOptions

from pipeline.configuration.engine import engine_options
from pipeline.configuration.runners import KNOWN


def test_prism_is_asked_to_split_no_bundle_whatever_else_the_user_says() -> None:
    options = engine_options("PrismRunner", ["--streaming"], ["--experiments=mine"])
    assert options.view_as(StandardOptions).runner == "PrismRunner"
    assert options.view_as(StandardOptions).streaming
    experiments = options.view_as(DebugOptions).experiments
    assert {"prism_disable_sdf_split", "mine"} <= set(experiments)


def test_what_the_user_says_of_a_commands_own_option_holds() -> None:
    own, said = ["--job_name=own"], ["--job_name=said"]
    options = engine_options("PrismRunner", own, said)
    assert options.get_all_options()["job_name"] == "said"


def test_the_runners_that_are_known_are_those_of_beam() -> None:
    assert sorted(StandardOptions.KNOWN_RUNNER_NAMES) == sorted(KNOWN)


@pytest.mark.parametrize(
    ("name", "spared"),
    [(None, ""), ("no_proxy", "a.example,"), ("no_grpc_proxy", "b,")],
)
def test_no_proxy_is_asked_for_this_machine(
    name: str | None, spared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.setenv(one, "")
    if name is not None:
        monkeypatch.setenv(name, spared.rstrip(","))
    for _ in range(2):
        engine_options("PrismRunner", [], [])
    spares = "no_grpc_proxy"
    assert os.environ[spares] == f"{spared}localhost,127.0.0.1"
