"""The newest rows that an attribution has published: of files, of the log and of the outbox."""

import duckdb
import pyarrow as pa

from events.attribution.inputs import plain_field
from events.outbox.table import Outbox
from tillstream.streams import columns, message
from tillstream.streams.changes import ROW_VERSION, SIGN
from tillstream.streams.definition import Stream

#: Messages of the outbox that are read at a time.
_MESSAGES = 10


class Published:
    """The rows of one stream of changes."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        stream: Stream,
        conversion_id: str,
        relation: str,
        outbox: Outbox,
    ) -> None:
        """`relation` has what came by the log up to the state's position; of the outbox counts what
        did not come by then.
        """
        self._database = connection
        self._id = conversion_id
        self._time = stream.time_column
        self.schema = pa.schema(
            [plain_field(stream, name) for name in columns.schema(stream).names]
        )
        self._names = ", ".join(self.schema.names)
        self._relation = f"published_{stream.name}"
        waiting = f"outbox_{stream.name}"
        connection.register("nothing", self.schema.empty_table())
        connection.execute(f"CREATE OR REPLACE TABLE {waiting} AS FROM nothing")
        connection.unregister("nothing")
        self._read(outbox, stream.name, waiting)
        connection.execute(
            f"CREATE OR REPLACE VIEW {self._relation} AS SELECT {self._names} FROM {relation}"  # noqa: S608 - declared
            f" UNION ALL SELECT {self._names} FROM {waiting}"
        )

    def newest(self, from_us: int, before_us: int) -> pa.Table:
        """Of each conversion of a time the rows of its newest version, by `schema`; of credits one
        for each channel.
        """
        found: pa.Table = self._database.sql(
            f"SELECT {self._names} FROM {self._relation}"  # noqa: S608 - declared names
            f" WHERE {self._time} >= {from_us} AND {self._time} < {before_us} AND {SIGN} <> -1"
            f" QUALIFY {ROW_VERSION} = max({ROW_VERSION}) OVER (PARTITION BY {self._id})"
        ).to_arrow_table()
        return found.cast(self.schema)

    def _read(self, outbox: Outbox, stream: str, waiting: str) -> None:
        after = 0
        while some := outbox.unpublished(after, _MESSAGES):
            after = some[-1].seq
            for kept in some:
                if kept.stream != stream:
                    continue
                events = message.decode(*kept.packed).events
                # A message of an older definition lacks what is new.
                known = [name for name in self.schema.names if name in events.schema.names]
                self._database.register("part", pa.Table.from_batches([events.select(known)]))
                self._database.execute(f"INSERT INTO {waiting} BY NAME FROM part")
                self._database.unregister("part")
