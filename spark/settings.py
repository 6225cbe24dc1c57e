"""Settings of the commands of `python -m spark`, from the environment."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tillstream.runtime.settings import Settings

#: All of Spark in one JVM of this machine; the `*` is SPARK_CORES.
LOCAL = "local[*]"
MasterUrl = Annotated[
    str,
    Meta(
        pattern=r"^(local\[\*\]|spark://[^\s/]+)$",
        description=f"it is {LOCAL}, which is this machine, or spark://HOST:PORT, a standalone"
        " cluster",
    ),
]


@dataclass(frozen=True, kw_only=True)
class QuerySettings(Settings):
    """Where Spark computes, how much of that it has, and what a micro-batch is."""

    #: LOCAL, or the address of a standalone cluster: `spark://HOST:PORT`.
    spark_master: MasterUrl = LOCAL
    #: Cores of this machine, or of the cluster, at most.
    spark_cores: Annotated[int, Meta(ge=1)] = 2
    #: A micro-batch begins so often, seconds; one after the other while there is a backlog.
    spark_trigger_seconds: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    #: Messages of the log in a micro-batch, and bytes of their bodies, at most:
    #: packed, some 40,000 receipts. What a batch takes to commit delays the next snapshot.
    spark_batch_messages: Annotated[int, Meta(ge=1)] = 20_000
    spark_batch_bytes: Annotated[int, Meta(ge=1)] = 4 * 1024 * 1024
    #: A micro-batch of the windows with fewer events is counted by the driver: the jobs of Spark's
    #: would cost more than the events. 0 leaves all of them to the executors.
    spark_least_events: Annotated[int, Meta(ge=0)] = 20_000
