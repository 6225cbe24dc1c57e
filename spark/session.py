"""A Spark session, its executors here or on a cluster, which ends with the process that made it."""

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
from spark.settings import LOCAL
from tillstream.runtime.spark_needs import require_java

ROOT = Path(__file__).resolve().parents[1]
WORKER_PYTHON = Path(__file__).resolve().with_name("worker_python.sh")
#: Seconds for the JVM to end by itself, before it is killed.
STOP_SECONDS = 10

#: Heap of the one JVM; Spark takes a third of what is above 300 MB for its own.
DRIVER_MEMORY = "1g"
#: A batch of a few hundred thousand events needs no more; 200 by default, a task each.
SHUFFLE_PARTITIONS = 2

#: A heap that grew for one batch is given back.
_JAVA_OPTIONS = "-XX:+UseSerialGC -Duser.timezone=UTC"
_SETTINGS = {
    "spark.driver.memory": DRIVER_MEMORY,
    "spark.driver.extraJavaOptions": _JAVA_OPTIONS,
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
#: Where nobody else has to reach the driver.
_LOOPBACK = "127.0.0.1"


@contextmanager
def spark_session(
    name: str,
    *,
    master: str = LOCAL,
    cores: int = 2,
    log_level: str = "WARN",
    exit_on_sigterm: bool = True,
    **settings: str,
) -> Iterator[SparkSession]:
    """A session that knows the source `rabbitmq-stream`; one at a time.

    `master` is LOCAL, all within one JVM, or the `spark://` of a standalone cluster, of which it
    takes so many `cores` at most. `settings` are Spark's, with `_` for `.`, and come last. SIGTERM
    ends what is done within by SystemExit, and with it the JVM, unless the process has a way of its
    own; the death of this process ends it as well, since the JVM reads from a pipe of ours. Raises
    JavaMissingError.
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
        **_python(path),
    }
    if master == LOCAL:
        inherited["SPARK_LOCAL_IP"] = _LOOPBACK
    os.environ.update(inherited)
    with _exit_on_sigterm() if exit_on_sigterm else nullcontext():
        builder = SparkSession.builder.appName(name)
        for key, value in (_SETTINGS | _placed(master, cores, path)).items():
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


def _python(path: str) -> dict[str, str]:
    """What worker_python.sh reads."""
    return {"WORKER_PYTHON": sys.executable, "WORKER_PYTHONPATH": path}


def _placed(master: str, cores: int, path: str) -> dict[str, str]:
    """Where the tasks are computed, and how executors and driver reach each other."""
    if master == LOCAL:
        return {
            "spark.master": f"local[{cores}]",
            "spark.driver.bindAddress": _LOOPBACK,
            "spark.driver.host": _LOOPBACK,
        }
    # The driver's address is Spark's own choice, or SPARK_LOCAL_IP: executors have to reach it.
    return {
        "spark.master": master,
        "spark.cores.max": str(cores),
        "spark.executor.extraJavaOptions": _JAVA_OPTIONS,
        **{f"spark.executorEnv.{key}": value for key, value in _python(path).items()},
    }


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
