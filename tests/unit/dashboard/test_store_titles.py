"""What a reader is shown of a store: its name of STORES_FILE with its number, else the number."""

import json
from zoneinfo import ZoneInfo

import pytest

from dashboard.access.reader import EVERYTHING
from dashboard.pages import layout
from dashboard.pages.store_titles import numbered, script_data
from tests.support.scripts import evaluated
from tests.support.snapshots import ZONE
from tillstream.clock import BusinessDay
from tillstream.stores import Store, StoreTable

#: Of a file that its writer has not looked through.
NAMES = {
    "12": "Lyon Bellecour",
    "13": "</script><b>{%scripts%}",
    "14": "turned \u202e round",
    "__proto__": "Nantes",
    "15": "",
}


def table(names: dict[str, str]) -> StoreTable:
    stores = {number: Store(number, name) for number, name in names.items()}
    return StoreTable(BusinessDay(ZoneInfo(ZONE)), {}, stores)


@pytest.mark.parametrize(
    ("store", "shown"),
    [
        ("12", ["Lyon Bellecour", "Lyon Bellecour (12)"]),
        ("13", ["</script><b>{%scripts%}", "</script><b>{%scripts%} (13)"]),
        ("14", ["turned \\u202e round", "turned \\u202e round (14)"]),
        ("__proto__", ["Nantes", "Nantes (__proto__)"]),
        ("15", ["15", "15"]),
        ("constructor", ["constructor", "constructor"]),
    ],
)
def test_server_and_browser_call_a_store_the_same(store: str, shown: list[str]) -> None:
    given = table(NAMES)
    asked = json.dumps(store)

    in_browser = evaluated(
        f"[t.title({asked}), t.numbered({asked})]", "13-stores.js", stores=script_data(given)
    )

    assert shown == in_browser
    assert shown[1] == numbered(given.store(store))


def test_no_name_leaves_its_place_in_the_document() -> None:
    document = layout.with_data(layout.INDEX, table(NAMES), EVERYTHING, ["EUR"])
    (line,) = [line for line in document.splitlines() if 'id="store-names"' in line]

    inner = line.removeprefix('<script type="application/json" id="store-names">')
    text = inner.removesuffix("</script>")

    assert "<" not in text
    assert {number: name for number, name in NAMES.items() if name} == json.loads(text)
