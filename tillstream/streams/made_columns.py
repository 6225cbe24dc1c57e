"""What the SQL of a made stream's fields is over, for its check."""

from collections.abc import Mapping
from typing import NamedTuple

from tillstream.streams import changes
from tillstream.streams.definition import Attribution, Stream
from tillstream.streams.made_texts import MadeTexts
from tillstream.streams.meaning import UNKNOWN, of_field


class Known(NamedTuple):
    """Streams by name, and the fields of them that could not be read."""

    streams: Mapping[str, Stream]
    broken: Mapping[str, frozenset[str]]

    def is_broken(self, stream: Stream, field: str) -> bool:
        """Whether the field could not be read: nothing more is said of it."""
        return field in self.broken.get(stream.name, ())


def texts(attribution: Attribution, made: Stream, known: Known) -> MadeTexts:
    """What is checked; of broken fields only the name is known."""
    tables = [table.stream for table in attribution.tables]
    columns = None
    persons: tuple[str, ...] = ()
    if all(
        name in known.streams for name in (attribution.conversions, attribution.touches, *tables)
    ):
        found = list(changes.value_columns(attribution, known.streams))
        columns = {
            name: UNKNOWN if known.is_broken(stream, field.name) else of_field(field)
            for name, field, stream in found
        }
        persons = tuple(name for name, field, stream in found if field.name in stream.persons)
    own = [field for field in made.fields if field.sql and not known.is_broken(made, field.name)]
    return MadeTexts(
        stream=made.name,
        columns=columns,
        persons=persons,
        sql={field.name: field.sql for field in own},
        declared={field.name: of_field(field) for field in own},
        declared_persons=made.persons,
    )
