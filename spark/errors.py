"""The errors of this room; those of the source are its own (rabbitmq_stream/errors.py)."""

from tillstream.errors import TillstreamError


class JavaMissingError(TillstreamError):
    """There is no Java to run Spark with."""

    def __init__(self) -> None:
        super().__init__(
            "Spark needs Java 17 or later: run `script/bootstrap --spark`, or install a Java"
            " runtime (Debian: default-jre-headless) and have `java` on the PATH"
        )
