"""A Spark session on this machine, which ends with the process that made it."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from spark.rabbitmq_stream import RabbitMQStreamSource
from tillstream.runtime.spark_needs import require_java

ROOT = Path(__file__).resolve().parents[1]
WORKER_PYTHON = Path(__file__).resolve().with_name("worker_python.sh")
#: Seconds for the JVM to end by itself, before it is killed.
STOP_SECONDS = 10

#: Heap of the one JVM; Spark takes a third of what is above 300 MB for its own.
DRIVER_MEMORY = "1g"
#: A batch of a few hundred thousand events needs no more; 200 by default, a task each.
SHUFFLE_PARTITIONS = 2

_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": DRIVER_MEMORY,
    # A heap that grew for one batch is given back.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -Duser.timezone=UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
    # Rows from Spark to us come in Arrow batches, too.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    # A batch that failed because its driver was killed is made again from its offsets.
    "spark.sql.streaming.stopTimeout": "30s",
}


@contextmanager
def spark_session(
    name: str,
    *,
    cores: int = 2,
    log_level: str = "WARN",
    exit_on_sigterm: bool = True,
    **settings: str,
) -> Iterator[SparkSession]:
    """A session in local mode that knows the source `rabbitmq-stream`; one at a time.

    `settings` are Spark's, with `_` for `.`, and come last. SIGTERM ends what is done within by
    SystemExit, and with it the JVM, unless the process has a way of its own; the death of this
    process ends it as well, since the JVM reads from a pipe of ours. Raises JavaMissingError.
    """
    require_java()
    # It tells of each connection to the JVM that it closes.
    logging.getLogger("py4j").setLevel(logging.WARNING)
    # What the JVM starts has our Python and finds our modules, from wherever we were started.
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    inherited = {
        "PYSPARK_PYTHON": str(WORKER_PYTHON),
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": path,
        "WORKER_PYTHON": sys.executable,
        "WORKER_PYTHONPATH": path,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    os.environ.update(inherited)
    with _exit_on_sigterm() if exit_on_sigterm else nullcontext():
        builder = SparkSession.builder.master(f"local[{cores}]").appName(name)
        for key, value in _SETTINGS.items():
            builder = builder.config(key, value)
        for key, value in settings.items():
            builder = builder.config(key.replace("_", "."), value)
        session = builder.getOrCreate()
        try:
            session.sparkContext.setLogLevel(log_level)
            session.dataSource.register(RabbitMQStreamSource)
            yield session
        finally:
            _end(session)


def _end(session: SparkSession) -> None:
    context = session.sparkContext
    gateway = context._gateway
    java: subprocess.Popen[bytes] = gateway.proc
    try:
        # A SIGTERM of the whole group has ended the JVM already.
        with suppress(Py4JError, OSError):
            session.stop()
    finally:
        # The gateway outlives the session, for another one that does not come.
        gateway.shutdown()
        type(context)._gateway = None
        type(context)._jvm = None
        if java.stdin is not None:
            java.stdin.close()
        try:
            java.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            java.kill()
            java.wait(STOP_SECONDS)


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    def leave(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
