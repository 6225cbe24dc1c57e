"""Holds every place against what was sent, and names what differs."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.bench.private import System
from loadtest.fuzz import outputs, reference
from loadtest.fuzz.allowed import Receipt
from loadtest.fuzz.reference import Facts, Sums
from loadtest.fuzz.stores import Store, by_name
from tillstream.money import decimal_text

#: Differences that are told of each place.
MAX_TOLD = 5
#: Marks that single lines have.
LINE_MARKS = ("line-net", "line-gross")
#: A receipt dated further ahead of the door's clock is marked, seconds.
AHEAD_SECONDS = 300


def differences(
    system: System, known: Mapping[str, Receipt], folder: Path, say: Callable[[str], None]
) -> list[str]:
    """A line for each difference between what was accepted and what a place has of it.

    `known` are the receipts by key of which it is known what was sent. What else was accepted is
    taken as the archive has it, and must be that everywhere.
    """
    stores = by_name()
    expected: dict[str, Facts] = {}
    sums = reference.Adding()
    told: list[str] = []
    found: dict[str, Facts] = {}
    marked: list[str] = []
    # 1. MongoDB, which also says what of the broken was a receipt all the same
    say("comparing MongoDB")
    for key, facts, raw in outputs.archive(system):
        found[key] = facts
        sent = known.get(key, raw)
        name = str(sent["storeID"])
        store = stores.get(name) or Store(name)  # of one that the fuzz never named
        expected[key] = reference.facts(sent, store)
        _, hour = reference.day_and_hour(sent["date"], store)
        # The door's stamps are in what the archive keeps.
        late, marks = reference.is_late(raw, store), raw.get("marks", [])
        sums.add(expected[key], hour, reference.kind_of(sent), late, marks)
        if {each for each in marks if each not in LINE_MARKS} != reference.marks_of(
            raw, store, AHEAD_SECONDS
        ):
            marked.append(f"the door marks {key!r} with {marks}")
    told += marked[:MAX_TOLD]
    told += [f"MongoDB misses {key}" for key in list(known.keys() - expected.keys())[:MAX_TOLD]]
    told += _receipts("MongoDB", expected, found)
    # 2. the ledger
    say("comparing the ledger")
    all_sums = sums.sums()
    told += _sums("the ledger", all_sums, outputs.ledger(system))
    # 3. the service: each receipt, and the sums
    say("comparing the archive's service")
    told += _receipts("the API's export", expected, dict(outputs.api(system)))
    days = sorted({(each.day, each.currency) for each in expected.values()})
    asked = reference.only(all_sums, outputs.API_BREAKDOWNS)
    told += _sums("the API's sums", asked, outputs.sales(system, days))
    # 4. Parquet and the seals have the closed days
    say("comparing Parquet and the seals")
    closed = {
        key: each
        for key, each in expected.items()
        if reference.is_closed(each.day, datetime.now(UTC))
    }
    told += _receipts("Parquet", closed, _of_closed(outputs.parquet(system)))
    sealed = {key: each._replace(customer=None) for key, each in closed.items()}
    told += _receipts("the seals", sealed, _of_closed(outputs.seals(system, folder)))
    # 5. SQL, over Parquet and MongoDB
    say("comparing SQL")
    wanted = reference.only(all_sums, reference.CLOCKLESS)
    told += _sums("SQL", wanted, outputs.sql(system))
    # 6. the page, which has the present day
    say("comparing the page")
    told += _page(all_sums, outputs.page(system))
    return told


def _of_closed(rows: Iterable[tuple[str, Facts]]) -> dict[str, Facts]:
    now = datetime.now(UTC)
    return {key: facts for key, facts in rows if reference.is_closed(facts.day, now)}


def _receipts(place: str, expected: Mapping[str, Facts], found: Mapping[str, Facts]) -> list[str]:
    missing = sorted(expected.keys() - found.keys())
    extra = sorted(found.keys() - expected.keys())
    other = sorted(key for key in expected.keys() & found.keys() if expected[key] != found[key])
    return [
        *_some(place, "misses", missing, lambda key: f"{key!r}: {expected[key]}"),
        *_some(place, "has too many", extra, lambda key: f"{key!r}: {found[key]}"),
        *_some(
            place,
            "says otherwise",
            other,
            lambda key: f"{key!r}: {found[key]}, not {expected[key]}",
        ),
    ]


def _sums(place: str, expected: Sums, found: Sums) -> list[str]:
    other = sorted(
        key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)
    )
    return _some(
        place,
        "sums otherwise",
        other,
        lambda key: f"{key}: {found.get(key)}, not {expected.get(key)}",
    )


def _some(place: str, what: str, keys: list[Any], told: Any) -> list[str]:
    if not keys:
        return []
    return [f"{place} {what}: {len(keys)}", *(f"  {told(key)}" for key in keys[:MAX_TOLD])]


def _page(sums: Sums, frame: Mapping[str, Any]) -> list[str]:
    figures = sums.get((frame["day"], "day", ""), (0, 0, 0, 0))
    expected = {"revenue": decimal_text(figures[2]), "receipts": str(figures[0])}
    found = {name: frame["values"][name] for name in expected}
    return [] if found == expected else [f"the page of {frame['day']}: {found}, not {expected}"]
