"""The schedules in configs/schedule work as pasted."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from kit import ROOT

from pipeline.cli import app
from pipeline.configuration.config import load
from pipeline.dataset.lock import locked
from transforms.web.share import share_problem

FOLDER = ROOT / "configs" / "schedule"
SYSTEMD = shutil.which("systemd-analyze")


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((FOLDER / name).read_text())
    return parser


def parsed(command: str) -> dict[str, Any]:
    """Return the parameters of a newsbeam command line, as its own parser reads it."""
    words = shlex.split(command)
    assert Path(words[0]).name == "newsbeam"
    group: Any = typer.main.get_command(app)
    context = group.make_context("newsbeam", words[1:], resilient_parsing=True)
    name, found, rest = group.resolve_command(context, words[1:])
    assert found is not None, name
    made = found.make_context(str(name), rest)
    assert made.args == []
    return made.params


def test_systemd_units_are_valid() -> None:
    service, timer = unit("newsbeam.service"), unit("newsbeam.timer")
    assert parsed(service["Service"]["ExecStart"])["config"] == Path(
        "/etc/newsbeam.toml"
    )
    assert service["Service"]["SuccessExitStatus"] == "3 143"
    assert timer["Timer"]["Persistent"] == "true"


def test_the_stream_is_a_service_that_reloads_and_restarts() -> None:
    service = unit("newsbeam-stream.service")["Service"]
    options = parsed(service["ExecStart"])
    assert options["config"] == Path("/etc/newsbeam.toml")
    assert options["health_port"] == 9321
    assert "-HUP" in service["ExecReload"]
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "2"
    patience = load(ROOT / "configs" / "stream.toml").stream.stop_seconds
    assert int(service["TimeoutStopSec"]) > 2 * patience


@pytest.mark.skipif(SYSTEMD is None, reason="no systemd on this machine")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    names = ("newsbeam.service", "newsbeam-stream.service", "newsbeam.timer")
    for name in names:
        text = (FOLDER / name).read_text().replace("User=newsbeam\n", "")
        # What must exist here to be verified.
        text = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text)
        text = text.replace("/srv/newsbeam", "/")
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / name) for name in names]
    done = subprocess.run(
        [SYSTEMD or "", "verify", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "newsbeam" in line]
    assert complaints == []


def cron_lines() -> list[tuple[list[str], str]]:
    """Return the times and the command of each line of the crontab."""
    lines = [
        line
        for line in (FOLDER / "crontab").read_text().splitlines()
        if re.match(r"[\d*]", line)
    ]
    split = [line.split(maxsplit=5) for line in lines]
    return [(times, command) for *times, command in split]


def test_cron_lines_are_five_times_and_a_command() -> None:
    commands = []
    for times, command in cron_lines():
        assert len(times) == 5
        # Cron reads a percent sign as the end of the line.
        assert "%" not in command
        call = command.split("&& ", 1)[1]
        commands.append(parsed(re.split(r" >> | \|\| ", call)[0]))
    assert len(commands) == 2
    assert commands[0]["config"] == Path("/etc/newsbeam.toml")
    assert commands[1]["keep_days"] == 730


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "setting", "mailed"),
    [
        pytest.param("The council voted for a bridge.", "", "", marks=pytest.mark.slow),
        pytest.param(
            *("", "[run]\nmax_reject_rate = 0.0\n", "1 of 1 were rejected"),
            marks=pytest.mark.slow,
        ),
        ("", "[run]\nmax_reject_rat = 0.0\n", "max_reject_rat: unknown key"),
    ],
    ids=["done", "failed", "configuration"],
)
def test_cron_mails_what_fails_and_keeps_the_log(
    text: str, setting: str, mailed: str, tmp_path: Path
) -> None:
    config = write_config(tmp_path, text, setting)
    printed, log = as_cron_runs_it(tmp_path, config)
    assert mailed in printed
    assert bool(printed) == bool(mailed)
    assert mailed in log
    assert log


@pytest.mark.slow
def test_cron_is_silent_while_another_run_is_at_work(tmp_path: Path) -> None:
    config = write_config(tmp_path, "The council voted for a bridge.", "")
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"):
        printed, log = as_cron_runs_it(tmp_path, config)
    assert printed == ""
    assert "another run" in log


def write_config(folder: Path, text: str, setting: str) -> Path:
    (folder / "in.txt").write_text(text)
    config = folder / "my.toml"
    config.write_text(
        f'[source]\nfiles = ["{folder}/in.txt"]\n[output]\npath = "{folder}/out"\n{setting}'
    )
    return config


def as_cron_runs_it(folder: Path, config: Path) -> tuple[str, str]:
    """Run the first line of the crontab; return what cron would mail, and the log."""
    places = {"/srv/newsbeam": folder / "srv", "/etc/newsbeam.toml": config}
    places["/var/log/newsbeam"] = folder / "log"
    command = cron_lines()[0][1]
    for place, here in places.items():
        command = command.replace(place, str(here))
    (folder / "log").mkdir()
    (folder / "srv").mkdir()
    (folder / "srv/.venv").symlink_to(Path(sys.executable).parents[1])
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        # As little as cron gives.
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout, (folder / "log/run.log").read_text()


@pytest.mark.parametrize("name", ["newsbeam.service", "newsbeam-stream.service"])
def test_systemd_lets_a_run_write_what_the_configuration_suggests(name: str) -> None:
    service = unit(name)["Service"]
    assert service["ProtectSystem"] == "strict"
    writable = [path.lstrip("-") for path in service["ReadWritePaths"].split()]
    writable += [
        f"{root}/{service[key]}"
        for key, root in (
            ("StateDirectory", "/var/lib"),
            ("CacheDirectory", "/var/cache"),
            ("RuntimeDirectory", "/run"),
        )
        if key in service
    ]
    suggested = ["/var/lib/newsbeam"]
    # What is not there must not keep the unit from starting.
    assert service["ReadWritePaths"].startswith("-")
    for config, key in (("golden", "metrics_file"), ("stream", "health_file")):
        text = (ROOT / "configs" / f"{config}.toml").read_text()
        found = re.search(rf'^# {key} = "(.+)"', text, re.MULTILINE)
        assert found is not None, key
        if key == "metrics_file" or "stream" in name:
            suggested.append(str(Path(found[1]).parent))
    for path in suggested:
        assert any(Path(path).is_relative_to(place) for place in writable), path
    assert service["Environment"] == "XDG_CACHE_HOME=/var/cache"


def test_the_cron_job_forbids_overlap_and_knows_the_exit_codes() -> None:
    job = yaml.safe_load((FOLDER / "cronjob.yaml").read_text())["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    rules = job["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    actions = {
        code: rule["action"] for rule in rules for code in rule["onExitCodes"]["values"]
    }
    assert actions == {2: "FailJob", 3: "Ignore"}
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    # Kubernetes takes a policy on failures with this restart policy alone.
    assert pod["restartPolicy"] == "Never"
    (container,) = pod["containers"]
    assert {rule["onExitCodes"]["containerName"] for rule in rules} == {
        container["name"]
    }
    names = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == names
    line = shlex.join([*container["command"], *container["args"]])
    # Kubernetes puts the slot in its place before the command sees it.
    assert "$(SLOT)" in line
    slot = "newsbeam-29401235"
    assert parsed(line.replace("$(SLOT)", slot))["run_id"] == slot


def test_the_template_of_shards_is_the_service_with_a_share() -> None:
    one, template = unit("newsbeam.service"), unit("newsbeam-shard@.service")
    command = template["Service"].pop("ExecStart")
    assert command.replace(" --shard %i/4", "") == one["Service"].pop("ExecStart")
    assert dict(template["Service"]) == dict(one["Service"])
    assert unit("newsbeam-shard@.timer")["Timer"] == unit("newsbeam.timer")["Timer"]


def test_shards_cover_all_and_know_the_exit_codes() -> None:
    job = yaml.safe_load((FOLDER / "shards.yaml").read_text())["spec"]["jobTemplate"]
    spec = job["spec"]
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", 16)
    rules = spec["podFailurePolicy"]["rules"]
    assert [(rule["action"], rule["onExitCodes"]["values"]) for rule in rules] == [
        ("FailIndex", [2]),
        ("Ignore", [3]),
    ]
    (container,) = spec["template"]["spec"]["containers"]
    (script,) = container["args"]
    for index, number in (("0", "1"), ("15", "16")):
        done = subprocess.run(
            ["/bin/sh", "-c", script.replace("exec newsbeam", "echo")],
            capture_output=True,
            text=True,
            check=True,
            env={"SLOT": "slot", "JOB_COMPLETION_INDEX": index},
        )
        assert f"--run-id slot-{index} --shard {number}/16" in done.stdout
        assert share_problem(f"{number}/16") is None


def test_the_airflow_dag_calls_what_there_is() -> None:
    tree = ast.parse((FOLDER / "airflow_dag.py").read_text())
    calls = {
        ast.unparse(node.func): {
            str(keyword.arg): ast.unparse(keyword.value) for keyword in node.keywords
        }
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    command = ast.literal_eval(
        calls["BashOperator"]["bash_command"]
        .removeprefix("f")
        .replace("{CONFIG}", "/etc/newsbeam.toml")
        .replace("{{{{", "{{")
        .replace("}}}}", "}}")
        .replace("{{ ts_nodash }}", "20261124T060000")
    )
    assert parsed(command)["run_id"] == "20261124T060000"
    assert calls["BashOperator"]["skip_on_exit_code"] == "3"
    assert "beam_entry.py" in calls["BeamRunPythonPipelineOperator"]["py_file"]


@pytest.mark.slow
def test_a_launcher_of_beam_pipelines_can_start_a_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [
            sys.executable,
            str(FOLDER / "beam_entry.py"),
            # As Airflow's Beam provider calls a pipeline.
            "--runner=DirectRunner",
            f"--config={ROOT / 'configs' / 'golden.toml'}",
            "--run-id=20261124T060000",
            f"--output={out}",
        ],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (out / "_runs" / "20261124T060000" / "report.json").is_file()
