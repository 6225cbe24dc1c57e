"""Under the number of stores that sell: of how many, and which of them are at zero."""

import json
from typing import Any

import pytest

from tests.support.scripts import evaluated

NAMES = '{"57": "Lyon Bellecour"}'


def note(row: list[Any], tag: str = "en-GB") -> Any:
    """Under the tile of the stores, of the panel `zero` with this row."""
    page = (
        f"panel: (id) => ({{ zero: {json.dumps([row])} }})[id], "
        'byId: () => ({ dataset: { live: "with receipts today" } })'
    )
    told = '{ feeds: { breakdowns: ["live", null] } }, "stores", "breakdowns", "live", "119", null'
    return evaluated(
        f"(Object.assign(t, {{ {page} }}), t.captions.note({told}))",
        *("13-stores.js", "28-unheard.js", "29-captions.js"),
        tag=tag,
        stores=NAMES,
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([0, 0], "with receipts today"),
        ([120, 0], "of 120"),
        ([120, 1, "57"], "of 120 · at zero: Lyon Bellecour"),
        ([120, 9, *"1234567"], "of 120 · at zero: 1, 2, 3, 4, 5, 6, …"),
    ],
)
def test_a_number_of_stores_says_of_how_many_and_names_those_at_zero(
    row: list[Any], said: str
) -> None:
    assert said == note(row)


def test_a_french_reader_is_told_in_french() -> None:
    assert "sur 120 · à zéro : Lyon Bellecour" == note([120, 1, "57"], "fr-FR").replace(
        "\u00a0", " "
    )
