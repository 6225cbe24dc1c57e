"""What the engine Spark needs of this machine, looked up without loading any of it."""

import importlib.util
import os
import shutil
from pathlib import Path

from tillstream.errors import TillstreamError

_MEND = "run `script/bootstrap --spark`"


class JavaMissingError(TillstreamError):
    """There is no Java to run Spark with."""

    def __init__(self) -> None:
        super().__init__(
            f"Spark needs Java 17 or later: {_MEND}, or install a Java"
            " runtime (Debian: default-jre-headless) and have `java` on the PATH"
        )


class SparkMissingError(TillstreamError):
    """The group of packages `spark` is not in this environment."""

    def __init__(self) -> None:
        super().__init__(f"PySpark is not in this environment: {_MEND}")


def require_java() -> None:
    """Raises JavaMissingError."""
    home = os.environ.get("JAVA_HOME")
    if not (home and Path(home, "bin", "java").exists()) and shutil.which("java") is None:
        raise JavaMissingError


def require_spark() -> None:
    """Raises SparkMissingError or JavaMissingError."""
    if importlib.util.find_spec("pyspark") is None:
        raise SparkMissingError
    require_java()
