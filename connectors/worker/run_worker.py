"""Wires the connectors' worker: its state, the definitions, the broker."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import structlog

from connectors.settings import ConnectorsSettings
from connectors.state.state_file import State
from connectors.worker.applying import Applying
from connectors.worker.asking import ask
from connectors.worker.contract import Contract
from connectors.worker.fetching import Ask, Fetching
from connectors.worker.figures import WorkerFigures
from connectors.worker.mapper import Mapper
from connectors.worker.retrying import Retrying
from connectors.worker.taking import Step, Taking
from connectors.worker.worker import ConnectorsWorker
from tillstream import stores, topology
from tillstream.accepted_count import AcceptedCount, folder_of
from tillstream.errors import TillstreamError
from tillstream.log.continuity import Log
from tillstream.log.partitioned_log import prepared
from tillstream.runtime import broker, data_folder
from tillstream.runtime.owned_file import owned
from tillstream.runtime.watching.figures import disk_figures
from tillstream.runtime.watching.watched import watched

log = structlog.get_logger()

#: The name of its file beside those of the door's processes.
ACCEPTED = "connectors"


def run_worker(
    settings: ConnectorsSettings,
    stop: threading.Event,
    mapper: Mapper,
    *,
    step: Step = lambda _: None,
    ask: Ask = ask,
    clock: Callable[[], float] = time.time,
) -> None:
    """Take deliveries until `stop`. Raises TillstreamError where another one owns the state."""
    data_folder.require_current(settings.data_dir)
    path = settings.state_path()
    with owned(path) as ours, watched(settings, "connectors") as watching:
        if not ours:
            raise TillstreamError(f"another connectors worker owns {path}; end it first")
        disk_figures(watching.registry, settings.data_dir)
        with (
            State(path) as state,
            closing(AcceptedCount(folder_of(settings.data_dir), ACCEPTED)) as accepted,
        ):
            contract = Contract(stores.load(settings), settings)
            days = settings.receiver_sales_days
            taking = Taking(state, mapper, Applying(state, contract, days), days, step)
            fetching = Fetching(
                state,
                mapper,
                clock,
                at_once=settings.receiver_fetches,
                timeout_seconds=settings.receiver_fetch_timeout_seconds,
                most_seconds=settings.receiver_fetch_hours * 3600,
                ask=ask,
            )
            worker = ConnectorsWorker(
                state,
                taking,
                fetching,
                Retrying(state, mapper, taking, settings.amqp_url),
                Log(settings.amqp_url, topology.DELIVERIES_LOG),
                accepted,
                WorkerFigures(watching, state, clock),
                clock,
                partitions=settings.log_partitions,
                declare=lambda connection: broker.declare_deliveries(
                    connection, settings.deliveries_queue()
                ),
                step=step,
            )
            with closing(fetching):
                session = prepared(
                    settings.amqp_url,
                    settings.log_partitions,
                    lambda connection: worker.run(connection, stop),
                )
                broker.keep_connected(
                    settings.amqp_url, "connectors", session, stop, watching.vitals
                )
