"""A standalone Spark cluster on the loopback: a master and two workers of one core each."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pyspark

from local.ports import free_port
from tests.support.processes import children, ended
from tests.support.waiting import wait_until
from tillstream.runtime.parentage import ends_with_its_parent

SPARK_HOME = Path(pyspark.__file__).parent
WORKERS = 2
#: Three JVMs on a machine that is busy with other tests.
START_SECONDS = 120
#: They live for one test: compiling them to their best would cost more than it saves.
JAVA_OPTIONS = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"


class SparkCluster:
    """Its address, what a driver has to be told, and its executors."""

    def __init__(self, url: str, configuration: Path, workers: list[int]) -> None:
        """`workers` are the ids of their processes."""
        self.environ = {
            "SPARK_MASTER": url,
            # The workers are on the loopback, and so is the driver.
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_CONF_DIR": str(configuration),
        }
        self._workers = workers

    def executors(self) -> list[int]:
        """The ids of the processes that compute now, at most one a worker."""
        return [
            child
            for worker in self._workers
            for child in children(worker)
            if b"CoarseGrainedExecutorBackend" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    def kill_executor(self) -> int:
        """SIGKILL for one of both; gives back which."""
        executor = self.executors()[0]
        os.kill(executor, signal.SIGKILL)
        return executor


@contextmanager
def spark_cluster(folder: Path) -> Iterator[SparkCluster]:
    """All its files are in `folder`; its processes end with the block."""
    configuration = folder / "conf"
    configuration.mkdir()
    defaults = configuration / "spark-defaults.conf"
    defaults.write_text("spark.executor.memory 512m\n")
    port, page = free_port(), free_port()
    url = f"spark://127.0.0.1:{port}"
    with ExitStack() as ends:

        def start(name: str, *arguments: str) -> int:
            output = ends.enter_context((folder / f"{name}.log").open("w"))
            command = [
                *ends_with_its_parent("KILL", os.getpid()),
                *("bash", str(SPARK_HOME / "bin" / "spark-class")),
                f"org.apache.spark.deploy.{name.split('-')[0]}",
                *("--host", "127.0.0.1", *arguments),
            ]
            environ = {
                "SPARK_HOME": str(SPARK_HOME),
                "SPARK_SCALA_VERSION": "2.13",
                "SPARK_CONF_DIR": str(configuration),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "SPARK_LOCAL_DIRS": str(folder / "scratch"),
                "SPARK_DAEMON_MEMORY": "256m",
                "SPARK_DAEMON_JAVA_OPTS": JAVA_OPTIONS,
            }
            process = subprocess.Popen(
                command, env=os.environ | environ, stdout=output, stderr=output
            )
            return ends.enter_context(ended(process)).pid

        start("master.Master", "--port", str(port), "--webui-port", str(page))
        workers = [
            start(
                f"worker.Worker-{number}",
                *("--port", str(free_port()), "--webui-port", str(free_port())),
                *("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}")),
                url,
            )
            for number in range(WORKERS)
        ]
        wait_until(
            lambda: alive_workers(page) == WORKERS,
            START_SECONDS,
            f"a Spark cluster, whose logs are in {folder}",
        )
        yield SparkCluster(url, configuration, workers)


def alive_workers(page: int) -> int:
    """How many the master knows; none while it does not answer."""
    try:
        found: int = httpx.get(f"http://127.0.0.1:{page}/json/", timeout=5).json()["aliveworkers"]
    except httpx.TransportError:
        return 0
    return found
