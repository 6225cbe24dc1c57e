"""What a question to MongoDB is in SQL, decided without a server."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import bson
from bson.codec_options import CodecOptions

from persistence.api.archived_exports import Window, windows
from persistence.api.archived_sql import UNITS, Days, condition, days_of
from persistence.api.merging import merged, placing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_filter_is_the_same_condition_in_sql() -> None:
    matched = {
        "store": {"$in": ["1", "l'été"]},
        "lines.category": "Thé 'vert'",
        "grossMinor": {"$gte": -5},
        "$or": [{"businessDay": "2026-03-02", "_id": {"$gt": "a"}}, {"date": {"$lt": NOON}}],
    }

    assert (
        "true AND true AND store IN ('1', 'l''été')"
        " AND list_contains(list_transform(lines, lambda part: part.category), 'Thé ''vert''')"
        f" AND true AND gross * {UNITS} >= -5"
        " AND ((true AND businessDay = DATE '2026-03-02' AND true AND key > 'a')"
        " OR (true AND true AND date < make_timestamptz(1772452800000000)))"
    ) == condition(matched)


def test_a_time_is_to_the_millisecond_as_mongodb_gets_it() -> None:
    asked = {"date": {"$gte": NOON + timedelta(microseconds=1_999)}}
    of_mongodb: dict[str, Any] = bson.decode(
        bson.encode(asked), CodecOptions(tz_aware=True, tzinfo=UTC)
    )

    assert condition(of_mongodb) == condition(asked)


def test_the_days_of_a_filter_have_all_that_it_finds() -> None:
    day = date(2026, 3, 2)

    assert Days() == days_of({})
    assert Days(day, day + timedelta(1)) == days_of(
        {"businessDay": {"$gte": "2026-03-02", "$lte": "2026-03-03"}}
    )
    assert Days(day - timedelta(2), day + timedelta(2)) == days_of({"store": "1", "date": NOON})
    assert Days(date.min, day) == days_of(
        {
            "$or": [
                {"businessDay": "2026-03-02", "date": NOON},
                {"businessDay": {"$lt": "2026-03-02"}},
            ]
        }
    )


def test_the_windows_of_an_export_follow_each_other_and_have_every_time() -> None:
    days = [date(1900, 1, 1), *(date(2026, 3, 2) + timedelta(each) for each in range(20))]

    found = list(windows(days, by_day=False))

    assert [Window([each]) for each in days] == list(windows(days, by_day=True))
    assert [True] * (len(found) - 1) == [
        one.stop is not None and two.start is not None and one.stop <= two.start
        for one, two in pairwise(found)
    ]
    for day, hours in product(days, (-48, 0, 23, 71)):
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)
        of_moment = [
            each.days
            for each in found
            if each.start and each.stop and each.start <= moment < each.stop
        ]

        assert [True] == [day in each for each in of_moment]


def test_a_document_of_mongodb_goes_before_a_row_with_its_key() -> None:
    def one(key: str, hour: int, said: str) -> dict[str, object]:
        return {"_id": key, "date": NOON + timedelta(hours=hour), "said": said}

    place = placing({"date": -1, "_id": 1})
    in_mongo = [one("b", 2, "mongo"), one("b2", 1, "mongo")]
    archived = [one("b", 2, "file"), one("a", 1, "file"), one("c", 1, "file")]

    assert [("b", "mongo"), ("a", "file"), ("b2", "mongo"), ("c", "file")] == [
        (each["_id"], each["said"]) for each in merged(in_mongo, archived, place)
    ]
