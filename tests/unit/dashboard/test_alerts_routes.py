"""Who may acknowledge: pages of this dashboard, by JSON; a page of another site may not."""

import pytest

from dashboard.same_origin import foreign

OURS = {
    "content-type": "application/json; charset=utf-8",
    "host": "shop.example.com",
    "origin": "https://shop.example.com",
    "sec-fetch-site": "same-origin",
}


@pytest.mark.parametrize(
    ("changed", "may"),
    [
        ({}, True),
        ({"sec-fetch-site": None, "origin": None}, True),
        ({"content-type": "text/plain"}, False),
        ({"content-type": None}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": None, "origin": "https://evil.example.com"}, False),
        ({"sec-fetch-site": None, "origin": "null"}, False),
    ],
)
def test_only_json_of_our_own_pages_may_change_anything(
    changed: dict[str, str | None], may: bool
) -> None:
    headers = {name: each for name, each in (OURS | changed).items() if each is not None}

    assert may == (foreign(headers) == "")
