"""What a window counts, as a digest: with another one, older figures cannot be added to.

Fields and their types, size, time, events, keys, measures and how they are read belong to it;
titles, units, columns, retention, lateness and the chart do not. Of what is shown of these figures
there is a digest of its own.
"""

import re
from hashlib import blake2b

import msgspec

from tillstream.streams.definition import Attribution, Stream, Window

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|\S""")
_WORD = re.compile(r"\w+")


def counted_digest(window: Window, stream: Stream) -> str:
    """32 hexadecimal digits; equal for definitions that give the same rows."""
    time = window.time or stream.time_column
    texts = [
        time,
        window.where,
        *(key.sql for key in window.keys),
        *(measure.argument for measure in window.measures),
    ]
    # A word of a text may be a field: rather one too many than one too few.
    words = {word.lower() for text in texts for word in _WORD.findall(text)}
    counted = (
        window.stream,
        [
            (field.name, field.type, field.scale)
            for field in sorted(stream.fields, key=lambda field: field.name)
            if field.name.lower() in words or field.name in stream.identity
        ],
        sorted(stream.identity),
        window.size_us,
        _tokens(time),
        _tokens(window.where),
        [(key.name, _tokens(key.sql), key.read_as, key.scale) for key in window.keys],
        sorted(
            (measure.name, measure.kind, _tokens(measure.argument), measure.read_as, measure.scale)
            for measure in window.measures
        ),
    )
    return blake2b(msgspec.msgpack.encode(counted), digest_size=16).hexdigest()


def made_digest(attribution: Attribution, made: Stream) -> str:
    """32 hexadecimal digits; equal for definitions that make the same rows of the same events."""
    counted = (
        attribution.conversions,
        attribution.touches,
        attribution.key,
        attribution.conversion_id,
        attribution.touch_id,
        attribution.window_us,
        attribution.model,
        attribution.channel,
        sorted(attribution.direct),
        sorted((table.stream, table.key, table.by) for table in attribution.tables),
        [(field.name, field.type, field.scale, _tokens(field.sql)) for field in made.fields],
    )
    return blake2b(msgspec.msgpack.encode(counted), digest_size=16).hexdigest()


def shown_digest(window: Window) -> str:
    """32 hexadecimal digits; equal for definitions that show the same rows of the same figures."""
    shown = (
        window.start_column,
        window.end_column,
        [measure.name for measure in window.measures if not measure.hidden],
        [(column.name, _tokens(column.sql)) for column in window.columns],
    )
    return blake2b(msgspec.msgpack.encode(shown), digest_size=16).hexdigest()


def _tokens(sql: str) -> list[str]:
    """The text without its spaces and line breaks, but for those of literals."""
    return _TOKEN.findall(sql)
