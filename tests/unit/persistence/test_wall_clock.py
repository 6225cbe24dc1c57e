"""Offsets for MongoDB are those of this program's zones, in every year of the contract."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from persistence.api.wall_clock import changes

ZONES = ["Europe/Paris", "America/New_York", "Pacific/Kiritimati", "Africa/Casablanca", "UTC"]


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    days_on=st.integers(0, 365 * 1099),
    days=st.integers(1, 370),
    part=st.floats(0, 1, exclude_max=True),
)
def test_an_offset_holds_until_it_changes(
    zone: ZoneInfo, days_on: int, days: int, part: float
) -> None:
    start = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=days_on)
    length = timedelta(days=days)
    moment = start + length * part

    offset = next(
        offset for until, offset in changes(zone, start, start + length) if moment < until
    )

    assert moment.astimezone(zone).utcoffset() == timedelta(milliseconds=offset)
