"""One Spark session for all tests of the room, and streams on the broker."""

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from spark.session import spark_session
from tests.conftest import missing
from tests.support.streams_on_broker import Streams
from tillstream.runtime.spark_needs import JavaMissingError, require_java


@pytest.fixture(scope="session")
def java() -> None:
    """Spark can run here."""
    try:
        require_java()
    except JavaMissingError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def spark(java: None, broker_url: str) -> Iterator[SparkSession]:
    """The session; its source finds the broker's URL in SPARK_TEST_AMQP_URL."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("SPARK_TEST_AMQP_URL", broker_url)
        with spark_session("tests", log_level="ERROR") as session:
            yield session


@pytest.fixture
def streams(amqp_url: str) -> Iterator[Streams]:
    with Streams(amqp_url) as made:
        yield made
