"""Airflow 3: a run every half hour, under the name of its slot.

Two ways to the same run, each a DAG of its own; keep one.  ``newsbeam`` by Bash needs
nothing but the command on the worker.  The other is for those who manage all their
pipelines by Airflow's Beam provider (``apache-airflow-providers-apache-beam``).

A retry of a slot goes on where the first try was cut short and writes the same files.
Exit codes: 0 done; 1 failed, worth a retry; 2 configuration, which a retry does not help;
3 another run is in progress, which skips the slot.
"""

from __future__ import annotations

import datetime as dt

from airflow.providers.apache.beam.operators.beam import BeamRunPythonPipelineOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

HOME = "/srv/newsbeam"
CONFIG = "/etc/newsbeam.toml"
EVERY_HALF_HOUR = "*/30 * * * *"
SLOT = {
    "start_date": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    # A missed slot needs no run of its own: the next one catches up.
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {"retries": 2, "retry_delay": dt.timedelta(minutes=5)},
}

with DAG("newsbeam", schedule=EVERY_HALF_HOUR, **SLOT):
    BashOperator(
        task_id="run",
        cwd=HOME,
        bash_command=(
            f".venv/bin/newsbeam run {CONFIG} --run-id {{{{ ts_nodash }}}} "
            "--log-format json"
        ),
        skip_on_exit_code=3,
    )

with DAG("newsbeam_by_beam_provider", schedule=EVERY_HALF_HOUR, **SLOT):
    BeamRunPythonPipelineOperator(
        task_id="run",
        runner="DirectRunner",
        py_interpreter=f"{HOME}/.venv/bin/python",
        py_file=f"{HOME}/configs/schedule/beam_entry.py",
        pipeline_options={"config": CONFIG, "run-id": "{{ ts_nodash }}"},
    )
