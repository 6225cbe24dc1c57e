"""The archive: its analytic part."""

from loadtest.bench import archive_parquet
from loadtest.bench.harness import Options, Result, Series


def run(options: Options) -> Result:
    """Every measurement of the archive."""
    series = Series()
    archive_parquet.measure(options, series)
    return series.result()
