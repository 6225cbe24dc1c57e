"""Times and versions of vendors, as the contract and the worker have them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.mapping.documents import MappingError
from tillstream.receivers.definition import Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: A number above it is of milliseconds: as seconds it were the year 5138.
_MOST_SECONDS = 100_000_000_000
_MOST_VERSION = 2**63 - 1


def date_text(found: Any, zone: str | None, value: Value) -> str:
    """The contract's `date`; a time without an offset is in `zone`, else it stays without one."""
    moment = _moment(found, value)
    if moment.tzinfo is None and zone is not None:
        try:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        except (ValueError, OSError, LookupError) as error:
            raise MappingError(
                "zone", value.path, f"no zone {zone!r}", "write one such as Europe/Paris"
            ) from error
        # A time that never was, as clocks went forward, gets the one that clocks showed.
        moment = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return moment.isoformat(" " if moment.tzinfo is None else "T")


def version_number(found: Any, value: Value) -> int:
    """A whole number as it is, a time in microseconds since 1970."""
    version: int | None = _whole(found)
    if version is None:
        moment = _moment(found, value)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        version = int((aware - _EPOCH) // _MICROSECOND)
    if 0 <= version <= _MOST_VERSION:
        return version
    raise _wrong(found, value)


def _whole(found: Any) -> int | None:
    if isinstance(found, str) and found.isdecimal() and found.isascii() and len(found) <= 19:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _moment(found: Any, value: Value) -> datetime:
    try:
        if isinstance(found, str) and len(found) > len("2026-11-21"):
            return datetime.fromisoformat(found.strip())
        if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
            number = Decimal(found)
            seconds = number if abs(number) <= _MOST_SECONDS else number / 1000
            return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    except (ValueError, OverflowError) as error:
        raise _wrong(found, value) from error
    raise _wrong(found, value)


def _wrong(found: Any, value: Value) -> MappingError:
    return MappingError(
        "time",
        value.path,
        f"{value.find.text} finds {str(found)[:80]!r}",
        "it has to be such as 2026-11-21T08:00:01+01:00, or Unix seconds",
    )
