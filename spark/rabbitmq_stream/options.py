"""The options of the source, checked at once."""

import importlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import OptionError

if TYPE_CHECKING:
    import pyarrow as pa

    from .connection import Message

#: Of a message: its body, content type and content encoding; None where it has no rows for us.
Decode = Callable[[bytes, "str | None", "str | None"], "pa.RecordBatch | None"]
#: Of a task's messages, in groups as they come: batches with the columns of the schema.
DecodeAll = Callable[["Iterable[list[Message]]"], "Iterator[pa.RecordBatch]"]

EARLIEST, LATEST = "earliest", "latest"
FAIL, SKIP = "fail", "skip"
#: What a decoder is called with: one message after the other, or all those of a task.
MESSAGE, MESSAGES = "message", "messages"

#: Names as they are documented; Spark's options know no case.
NAMES = (
    *("url", "urlEnv", "streams", "startingOffsets", "endingOffsets"),
    *("maxBytesPerTrigger", "maxRowsPerTrigger", "minPartitions"),
    *("failOnDataLoss", "decoder", "decoderArgument", "decoderOf", "onDecodeError"),
    *("retrySeconds", "silenceSeconds"),
)


@dataclass(frozen=True)
class Options:
    """What a query is asked to read, and how."""

    #: With its password: not part of the representation.
    url: str = field(repr=False)
    #: Sorted: the order of tasks, and of offsets in a checkpoint.
    streams: tuple[str, ...]
    #: By stream: `earliest`, `latest` or an offset.
    starting: Mapping[str, str | int]
    #: By stream, where it names one, the offset before which it is read, whatever follows.
    ending: Mapping[str, int]
    #: Of all streams together, in a batch; None is no bound. Rows are messages.
    max_bytes: int | None
    max_rows: int | None
    #: Tasks of a batch at least, as far as it has offsets; None is one for each stream.
    min_partitions: int | None
    fail_on_data_loss: bool
    #: `module:function`, and what the function is called with to give the decoder.
    decoder: str | None
    decoder_argument: str | None
    #: Whether the decoder takes all messages of a task.
    decodes_all: bool
    skip_undecodable: bool
    #: For so long the broker may be away, without a message in between.
    retry_seconds: float
    #: For so long a stream may deliver nothing although it has something.
    silence_seconds: float


def read_options(given: Mapping[str, str]) -> Options:
    """Raises OptionError for the first that does not hold."""
    values = {name.lower(): value for name, value in given.items()}
    known = {name.lower() for name in NAMES}
    if unknown := sorted(values.keys() - known):
        raise OptionError(f"there is no option {unknown[0]!r}; there are {', '.join(NAMES)}")
    streams = _streams(values.get("streams", ""))
    return Options(
        url=_url(values),
        streams=streams,
        starting=_starting(values.get("startingoffsets", EARLIEST), streams),
        ending=_ending(values.get("endingoffsets"), streams),
        max_bytes=_positive("maxBytesPerTrigger", values),
        max_rows=_positive("maxRowsPerTrigger", values),
        min_partitions=_positive("minPartitions", values),
        fail_on_data_loss=_one_of("failOnDataLoss", values, "true", "false") == "true",
        decoder=values.get("decoder"),
        decoder_argument=values.get("decoderargument"),
        decodes_all=_one_of("decoderOf", values, MESSAGE, MESSAGES) == MESSAGES,
        skip_undecodable=_one_of("onDecodeError", values, FAIL, SKIP) == SKIP,
        retry_seconds=_positive("retrySeconds", values) or 60,
        silence_seconds=_positive("silenceSeconds", values) or 30,
    )


def decode_function(options: Options) -> Decode | DecodeAll | None:
    """The decoder that is named; raises OptionError where there is no such function."""
    if options.decoder is None:
        return None
    module, _, name = options.decoder.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise OptionError(f"decoder={options.decoder!r}: {error}") from error
    decode: Decode | DecodeAll = (
        function if options.decoder_argument is None else function(options.decoder_argument)
    )
    return decode


def _url(values: Mapping[str, str]) -> str:
    variable = values.get("urlenv")
    url = os.environ.get(variable, "") if variable else values.get("url", "")
    if not url:
        raise OptionError(
            f"urlEnv={variable!r}: the variable is not set"
            if variable
            else "urlEnv has to name the environment variable that has the broker's URL"
        )
    if not url.startswith(("amqp://", "amqps://")):
        raise OptionError("the broker's URL has to begin with amqp:// or amqps://")
    return url


def _streams(text: str) -> tuple[str, ...]:
    names = sorted({name.strip() for name in text.split(",")} - {""})
    if not names:
        raise OptionError("streams has to name one stream, or several with commas between")
    return tuple(names)


def _starting(text: str, streams: tuple[str, ...]) -> dict[str, str | int]:
    if text in (EARLIEST, LATEST):
        return dict.fromkeys(streams, text)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(map(_is_start, found.values())):
        raise OptionError(
            f"startingOffsets={text!r}: earliest, latest or JSON such as"
            ' {"a": 17, "b": "earliest"}'
        )
    if missing := sorted(set(streams) - found.keys()):
        raise OptionError(f"startingOffsets does not name {missing[0]!r}")
    return {name: found[name] for name in streams}


def _ending(text: str | None, streams: tuple[str, ...]) -> dict[str, int]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(map(_is_offset, found.values())):
        raise OptionError(f'endingOffsets={text!r}: JSON such as {{"a": 17}}')
    if unknown := sorted(found.keys() - set(streams)):
        raise OptionError(f"endingOffsets names {unknown[0]!r}, which is not among the streams")
    return found


def _is_start(value: object) -> bool:
    return value in (EARLIEST, LATEST) or _is_offset(value)


def _is_offset(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _positive(name: str, values: Mapping[str, str]) -> int | None:
    text = values.get(name.lower())
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise OptionError(f"{name}={text!r}: a whole number above 0")
    return int(text)


def _one_of(name: str, values: Mapping[str, str], *allowed: str) -> str:
    text = values.get(name.lower(), allowed[0]).lower()
    if text not in allowed:
        raise OptionError(f"{name}={text!r}: {' or '.join(allowed)}")
    return text
