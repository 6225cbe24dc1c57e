"""A demonstration's stores sell at whatever hour it is started."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from local import demo_clock

#: A Friday.
FIRST = datetime(2026, 11, 27, tzinfo=UTC)


def test_stores_sell_whatever_the_hour_of_the_week() -> None:
    started = [FIRST + timedelta(hours=each) for each in range(7 * 24)]

    zones = [demo_clock.zone(each.timestamp()) for each in started]
    walls = [
        each.astimezone(ZoneInfo(zone) if zone else demo_clock.HOME)
        for each, zone in zip(started, zones, strict=True)
    ]

    assert [] == [each for each in walls if not 10 <= each.hour <= 18]
    assert [] == [each for each in walls if each.weekday() == 6 and each.hour > 12]
    assert None in zones
