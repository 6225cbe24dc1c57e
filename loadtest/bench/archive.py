"""The archive: the writer, and the questions that Parquet answers."""

from loadtest.bench import archive_parquet, archive_writer
from loadtest.bench.harness import Options, Result


def run(options: Options) -> Result:
    """Both parts, one after the other."""
    series = Result()
    archive_writer.measure(options, series)
    archive_parquet.measure(options, series)
    return series
