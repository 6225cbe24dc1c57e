"""The files of the aggregates of `track`: where they are, and that their names say of when.

`aggregates/track/20261129T000000Z-20261129T030000Z.parquet` below PARQUET_URL has the events whose
time is after the first and not after the second. Files appear whole, each in one step, and do not
depend on each other, so the folder's names are all that counts.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tillstream.file_store import FileStore
from tillstream.query_engine import quoted

#: The stream, and the name of its view.
STREAM, VIEW = "track", "track_aggregates"
#: What each row has beside the columns of the stream: how many events its user has in the file, and
#: which event_action most of them have.
COUNT, MOST_FREQUENT = "u_count", "u_mp_ea"

_TIME = "%Y%m%dT%H%M%SZ"
_DIGITS = "[0-9]" * 8 + "T" + "[0-9]" * 6 + "Z"


class Bounds(NamedTuple):
    """Events after `since`, up to and with `until`; whole seconds, in UTC."""

    since: datetime
    until: datetime

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.since:{_TIME}}-{self.until:{_TIME}}.parquet"


class AggregatesFiles(FileStore):
    """The folder of the files."""

    def __init__(self, archive_url: str) -> None:
        super().__init__(f"{archive_url.rstrip('/')}/aggregates/{STREAM}")

    def written(self) -> list[Bounds]:
        """Of which times there are files, the oldest first."""
        names = self.names(f"{_DIGITS}-{_DIGITS}.parquet")
        return sorted(
            Bounds(*map(_time, name.removesuffix(".parquet").split("-"))) for name in names
        )

    def view_sql(self, written: Sequence[Bounds]) -> str:
        """All rows, at least of one file, with `since` and `until` of their file."""
        files = ", ".join(quoted(self.location(one.file)) for one in written)
        bounds = ", ".join(
            f"strptime(regexp_extract(filename, '([^/]*)-([^/]*)[.]parquet$', {number}),"
            f" '{_TIME}') AT TIME ZONE 'UTC' AS {name}"
            for number, name in enumerate(Bounds._fields, 1)
        )
        return (
            f"SELECT {bounds}, * EXCLUDE (filename) FROM"  # noqa: S608 - names of ours
            f" read_parquet([{files}], union_by_name = true, filename = true)"
        )


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
