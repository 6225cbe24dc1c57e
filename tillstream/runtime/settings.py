"""Settings from the environment: typed, all checked at start, one message for every problem."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from tillstream.currencies import CURRENCY, EXPONENTS, IN_WORDS
from tillstream.errors import SettingsError
from tillstream.runtime.setting_words import allowed, around, hint, without_none
from tillstream.topology import MAX_PARTITIONS, Queue, deliveries_queue

Port = Annotated[int, Meta(ge=1, le=65535)]
#: The description of a pattern is what a message says is allowed.
AmqpUrl = Annotated[
    str, Meta(pattern=r"^amqps?://.+", description="it begins with amqp:// or amqps://")
]
MongoUrl = Annotated[
    str,
    Meta(
        pattern=r"^mongodb(\+srv)?://.+", description="it begins with mongodb:// or mongodb+srv://"
    ),
]
HttpUrl = Annotated[
    str, Meta(pattern=r"^https?://.+", description="it begins with http:// or https://")
]
Partitions = Annotated[int, Meta(ge=1, le=MAX_PARTITIONS)]
#: Not one of MongoDB's own.
DatabaseName = Annotated[
    str,
    Meta(
        pattern=r"^(?!(admin|config|local)$)[A-Za-z0-9_-]{1,38}$",
        description="it is 1 to 38 letters of A to Z and a to z, digits, _ and -, and not admin,"
        " config or local, which are MongoDB's own",
    ),
]

#: The archive's database, unless MONGO_DATABASE says another one.
DATABASE = "tillstream"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of a process's settings: field `amqp_url` is read from `AMQP_URL`."""


@dataclass(frozen=True, kw_only=True)
class LogSettings(Settings):
    """How a process writes its log: `console` for people, `json` for programs."""

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


@dataclass(frozen=True, kw_only=True)
class WatchSettings(Settings):
    """Where a process without an HTTP port of its own is watched: health and figures."""

    #: 0 is any free one; unless it is set there is none.
    watch_port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    watch_host: str = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class TracingSettings(Settings):
    """Whether a process makes spans, and where they go: OpenTelemetry's own settings.

    It reads them itself, any other OTEL_ setting too; here a wrong one is told at the start.
    """

    tracing: Literal["on", "off"] = "off"
    #: The collector, OTLP over HTTP.
    otel_exporter_otlp_endpoint: HttpUrl = "http://localhost:4318"
    #: Which requests without a traceparent are traced.
    otel_traces_sampler: Literal[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ] = "parentbased_always_on"
    #: Their share.
    otel_traces_sampler_arg: Annotated[float, Meta(ge=0, le=1)] = 1.0


@dataclass(frozen=True, kw_only=True)
class BrokerSettings(LogSettings):
    """RabbitMQ, with its credentials; no default, so that no process guesses them."""

    amqp_url: AmqpUrl
    #: Partitions of the receipts log that the door feeds; the same for every process of a system.
    log_partitions: Partitions = 1


@dataclass(frozen=True, kw_only=True)
class MongoSettings(Settings):
    """MongoDB, a replica set, with its credentials."""

    mongo_url: MongoUrl
    mongo_database: DatabaseName = DATABASE


@dataclass(frozen=True, kw_only=True)
class StoreTimeSettings(Settings):
    """The stores' time zone, the hour at which their business day begins, and their currency."""

    store_timezone: str = "Europe/Paris"
    business_day_cutoff_hour: Annotated[int, Meta(ge=0, le=23)] = 0
    #: The chain's main one, by ISO 4217: of receipts that name none, and what is shown first.
    currency: str = CURRENCY
    #: Stores whose zone or cutoff differ, as CSV: storeID,zone,cutoffHour.
    stores_file: Path | None = None

    def zone(self) -> ZoneInfo:
        """The zone; `load` has checked that it exists."""
        return ZoneInfo(self.store_timezone)


@dataclass(frozen=True, kw_only=True)
class ReceiptSettings(Settings):
    """What a receipt keeps to be published, by the door and by receivers."""

    #: Largest receipt, bytes, alone or in a batch; what is behind the door takes twice the most.
    max_receipt_bytes: Annotated[int, Meta(ge=1024, le=4_194_304)] = 262_144
    #: A receipt dated further ahead of the clock it came by than this is marked, seconds.
    max_clock_ahead_seconds: Annotated[int, Meta(ge=1)] = 300


@dataclass(frozen=True, kw_only=True)
class StreamsSettings(Settings):
    """Where streams of events and their windows are declared."""

    #: Folders of definitions, several with `:` between; all of them together.
    streams_dir: str = "streams"
    #: Windows of another size than their file says: `shop_metrics=4 h,track_actions=10 s`.
    window_sizes: str = ""


@dataclass(frozen=True, kw_only=True)
class DeliveriesSettings(Settings):
    """How long what receivers took is kept as it came: it has names and addresses."""

    #: As RabbitMQ has it: a number and Y, M, D, h, m or s.
    deliveries_max_age: Annotated[
        str,
        Meta(
            pattern=r"^[1-9][0-9]{0,5}[YMDhms]$",
            description="it is a number from 1 to 999999 and Y, M, D, h, m or s behind it",
        ),
    ] = "7D"
    deliveries_max_bytes: Annotated[int, Meta(ge=100_000_000, le=2**62)] = 5_000_000_000

    def deliveries_queue(self) -> Queue:
        """The stream of deliveries, as it is declared."""
        return deliveries_queue(self.deliveries_max_age, self.deliveries_max_bytes)


@dataclass(frozen=True, kw_only=True)
class ReceiversSettings(Settings):
    """Where receivers of other vendors' deliveries are declared."""

    #: The folder of their definitions.
    receivers_dir: str = "receivers"


@dataclass(frozen=True, kw_only=True)
class DoorSettings(Settings):
    """Where the door is, for those who send to it."""

    #: Unless set, the door of this machine.
    entrypoint_url: HttpUrl | None = None
    entrypoint_port: Port = 3000

    def door_url(self) -> str:
        """ENTRYPOINT_URL, or that of ENTRYPOINT_PORT on this machine."""
        return self.entrypoint_url or f"http://localhost:{self.entrypoint_port}"


@dataclass(frozen=True, kw_only=True)
class DiskSettings(Settings):
    """How much of the disk of DATA_DIR stays free."""

    #: Bytes; unless set 1 GiB, or a tenth of a small disk. With less, receipts are refused.
    min_free_disk_bytes: Annotated[int, Meta(ge=0, le=2**62)] | None = None


S = TypeVar("S", bound=Settings)

_SCHEME = re.compile(r"\s*[\"']?[a-z][a-z0-9+.-]*", re.ASCII | re.IGNORECASE)
#: Ends of the names of settings that may begin and end with anything.
_SECRETS = ("PASSWORD", "SECRET", "KEY")

_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)

#: Of a setting that has no bound of its own.
MOST_NUMBER = 2**62


def load(kind: type[S], environ: Mapping[str, str]) -> S:
    """Settings of `kind` from `environ`; raises SettingsError naming every problem."""
    values: dict[str, object] = {}
    problems: list[str] = []
    types = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        name = field.name.upper()
        text = environ.get(name, "")
        if not text:
            if field.default is MISSING:
                problems.append(f"{name} is not set; {hint(name)}")
            continue
        try:
            values[field.name] = msgspec.convert(
                text, without_none(types[field.name]), strict=False, dec_hook=_from_text
            )
        except msgspec.ValidationError as error:
            said = allowed(types[field.name], error, name, field.default)
            problems.append(f"{name}={redacted(text)!r}: {said}{around(text)}")
            continue
        if not name.endswith(_SECRETS) and (beside := around(text)):
            # As a path it would be another one.
            problems.append(f"{name}={redacted(text)!r}{beside}")
            del values[field.name]
            continue
        number = values[field.name]
        # msgspec also takes 4.0 and 1e2 for whole numbers; a shell that is given them does not.
        if type(number) is int and not _WHOLE.fullmatch(text):
            problems.append(f"{name}={text[:60]!r}: it is a whole number: write {number}")
        # Infinity is beyond it, and so is what no index and no clock of Python takes.
        if isinstance(number, (int, float)) and not abs(number) <= MOST_NUMBER:
            problems.append(f"{name}={text[:60]!r}: at most {MOST_NUMBER} is allowed")
    zone = values.get("store_timezone")
    if zone is not None and zone not in available_timezones():
        problems.append(f"STORE_TIMEZONE={zone!r}: not a time zone such as Europe/Paris")
    currency = values.get("currency", CURRENCY)
    if currency not in EXPONENTS:
        problems.append(f"CURRENCY={currency!r}: not {IN_WORDS}")
    if problems:
        raise SettingsError(problems)
    return kind(**values)


def _from_text(kind: type[Any], text: str) -> Any:
    if kind is Path:
        return Path(text)
    raise NotImplementedError(f"no setting may be a {kind}")


def redacted(text: str) -> str:
    """A URL without its user and password, for messages and logs; other text as it is.

    What is no URL may be one with a mistake: whatever stands before its last @ is left out.
    """
    head, at, rest = text.rpartition("@")
    if not at:
        return text
    scheme, slashes, _ = head.partition("://")
    return f"{scheme}://***@{rest}" if slashes and _SCHEME.fullmatch(scheme) else f"***@{rest}"
