"""Flow: one batch after the other through the graph, each committed and published."""

from __future__ import annotations

import dataclasses
import logging
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline import graph
from pipeline.batches import Batch, manner_of
from pipeline.configuration.config import Config
from pipeline.configuration.engine import engine_options
from pipeline.configuration.runners import is_direct
from pipeline.counters import Counters
from pipeline.dataset.contract import Manifest, OpenBatch, OpenRun, Rewrite
from pipeline.sample import server as sample_server
from pipeline.state.database import State
from pipeline.stories import assign as stories
from transforms.encryption import Cipher
from transforms.errors import RunError
from transforms.fast.beam import stop_sampling, use_folder
from transforms.records import StagedFile, Stamp
from transforms.vocabulary import Stage
from transforms.web.access import Network, Web
from transforms.web.policy import Pace
from transforms.work.memory import share_heaps
from transforms.work.stage import LIVE
from transforms.write.parquet import stage_file, write_seal

log = logging.getLogger(__name__)

# Beam 2.77 makes of "DirectRunner" another runner by the network's mood and the
# pipeline's shape; newsbeam means this one by it.
_IN_PROCESS = "FnApiRunner"
# After its default, five minutes, Beam 2.77 takes a job that still runs for failed.
_PATIENCE = f"--job_server_timeout={7 * 86_400}"

Settle = Callable[[Batch, OpenBatch], list[Rewrite]]
"""Decides, when the flow of a batch is over, which published files change with it."""


@dataclasses.dataclass
class Flow:
    """Does the batches of one run.

    Attributes:
      config: How to work.
      stamp: The run and its time.
      state: The dataset's, which holds what earlier runs remember.
      beam_options: Options for Beam.
      settle: Decides which published files change with a batch.
      pace: How often a feed is asked, where it is not as the configuration says.
      scope: That of a flow before this one, which shares its way to the web.
      budget: Seconds that a batch waits for pages while there is nothing else to do.
    """

    config: Config
    stamp: Stamp
    state: State
    beam_options: Sequence[str] = ()
    settle: Settle | None = None
    pace: Pace | None = None
    # Held from batch to batch, of the flow that follows too: a host has its pauses
    # between them.
    scope: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)
    budget: float = math.inf
    _network: Network | None = None

    @property
    def put_off(self) -> Mapping[str, float]:
        """Feeds whose turn did not come in the last batch; see :class:`Network`."""
        return self._network.put_off if self._network else {}

    def work(self, folder: OpenRun, batches: Sequence[Batch]) -> None:
        """Work one batch after the other, each committed before the next begins."""
        LIVE.clear()
        LIVE[Stage.READ.value, "matched"] = sum(batch.matched for batch in batches)
        first = max((batch.number + 1 for batch in folder.batches()), default=0)
        counted = [manifest["counters"] for manifest in folder.manifests()]
        with sample_server.serving(self.config.fetch.serve) as addresses:
            for number, batch in enumerate(batches, first):
                one = folder.batch(number)
                before = Counters.added_up(counted)
                manifest = self.commit(one, batch, addresses, before)
                counted.append(manifest["counters"])
                log.info(
                    "batch %d of %d is committed", number + 1, first + len(batches)
                )

    def commit(
        self,
        folder: OpenBatch,
        batch: Batch,
        addresses: Mapping[str, str],
        before: Counters,
    ) -> Manifest:
        """Work one batch, commit and publish it.

        Args:
          folder: The batch's.
          batch: What to work on.
          addresses: Hosts that newsbeam serves itself, with where they answer.
          before: What the batches of this run before it have counted.

        Returns:
          What is committed.
        """
        counters = self._flow(folder, batch, addresses)
        so_far = Counters.added_up([before.stages, counters.stages])
        _check_rejects(self.config, so_far, folder.number)
        assignment = self._assign(folder)
        manifest = folder.commit(
            inputs=assignment.noted(batch.inputs()),
            counters=counters.stages,
            rewrites=self.settle(batch, folder) if self.settle else (),
        )
        folder.publish(self.state)
        with self.state.transaction():
            manner = manner_of(self.config)
            self.state.files_read.note(batch.files, manner, self.stamp.at)
        assignment.forget(self.state)
        return manifest

    def _assign(self, folder: OpenBatch) -> stories.Assignment:
        """Say which story the batch's articles belong to, before it is committed."""
        places, output = folder.places(), self.config.output
        stage = partial(
            stage_file,
            staging=places.staging,
            prefix=places.prefix,
            compression_level=output.compression_level,
        )
        files = [StagedFile(**file) for file in folder.sealed()]
        whose = stories.StoryBatch(
            self.stamp.run_id,
            folder.number,
            self.stamp.at,
            output.partition_by,
            self.config.stories.days,
        )
        assignment = stories.assign(files, self.state, whose, stage)
        if assignment.files != files:
            write_seal(assignment.files, places.seal)
        return assignment

    def _flow(
        self, folder: OpenBatch, batch: Batch, addresses: Mapping[str, str]
    ) -> Counters:
        """Run the graph and return its counters."""
        folder.prepare()
        places = folder.places()
        fetch, stamp = self.config.fetch, self.stamp
        memory = self.state.requests.memory(() if batch.again else batch.feeds)
        memory = memory.believed(stamp.at, self.pace or fetch.pace())
        web = Web(
            fetch, stamp.version, stamp.at, memory, addresses, self.scope, self.pace
        )
        if batch.feeds or batch.entries:
            self._network = web.network()
            self._network.begin(self.budget, map(memory.state_of, batch.feeds))
        share_heaps()
        root = beam.Pipeline(options=_options(self.config, self.beam_options))
        use_folder(root, str(places.scratch))
        # A file that is read has no secret that a replay would need.
        is_asking = bool(batch.feeds or batch.entries)
        cipher = Cipher(self.state.keys.secret) if is_asking else None
        graph.build(
            root, self.config, batch, folder.number, places, self.stamp, web, cipher
        )
        try:
            result = root.run()
            result.wait_until_finish()
        finally:
            stop_sampling()
        offered = {
            Stage.READ.value: {
                "matched": batch.matched,
                "unchanged": batch.unchanged,
            },
            Stage.FEEDS.value: {"replayed": len(batch.entries)},
        }
        return Counters.added_up([Counters.of_flow(result).stages, offered])


def _options(config: Config, beam_options: Sequence[str]) -> PipelineOptions:
    if is_direct(config.run.runner):
        return PipelineOptions([f"--runner={_IN_PROCESS}", *beam_options])
    return engine_options(config.run.runner, [_PATIENCE], beam_options)


def _check_rejects(config: Config, counters: Counters, committed: int) -> None:
    rejected, offered = sum(counters.rejected.values()), counters.offered
    if offered and rejected / offered > config.run.max_reject_rate:
        state = what_is_left(committed, unfinished=False)
        raise RunError(
            f"{rejected} of {offered} were rejected, more than run.max_reject_rate = "
            f"{config.run.max_reject_rate} allows; {state}"
        )


def what_is_left(committed: int, *, unfinished: bool) -> str:
    """Return what a failure means for the dataset, as part of a sentence."""
    if unfinished:
        return "what is committed will be finished by the next run"
    if committed:
        batches = "batch is" if committed == 1 else "batches are"
        return f"{committed} {batches} committed, the next run goes on from there"
    return "nothing was committed"
