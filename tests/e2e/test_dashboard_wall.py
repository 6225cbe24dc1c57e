"""The wall: all of it in sight on every screen, larger on a larger one, and it does not grow."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.axe import serious
from tests.support.dashboards import (
    BREAKDOWNS,
    Dashboard,
    Workers,
    attribute,
    viewing,
    wait_for_state,
    wait_for_truth,
)

#: What stands outside its screen or its card, and the share of the screen's height of one figure.
SEEN = """() => {
  const outside = [...document.querySelectorAll("#wall-page > *, #wall-page .figure, .header > *")]
    .filter((each) => each.getClientRects().length)
    .filter((each) => {
      const { left, right, top, bottom } = each.getBoundingClientRect();
      return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
    });
  const bottom = (each) => each.getBoundingClientRect().bottom;
  const rows = [...document.querySelectorAll("#wall-page tbody tr")];
  outside.push(...rows.filter((row) => bottom(row) > bottom(row.closest(".card"))));
  const root = document.documentElement;
  const scrolls = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth;
  const { height } = document.getElementById("revenue").getBoundingClientRect();
  const names = outside.map((each) => each.id || each.className || each.innerText);
  return [names, scrolls, height / innerHeight];
}"""


@pytest.fixture(scope="module")
def dashboard(amqp_url: str, mongo_url: str) -> Iterator[Dashboard]:
    own = Dashboard(AMQP_URL=amqp_url, MONGO_URL=mongo_url, MONGO_DATABASE="dashboard-wall")
    with Workers(amqp_url) as workers:
        # Enough that both lists of stores are full.
        stores = {str(number): 100 * number for number in range(1, 13)}
        workers.breakdowns = BREAKDOWNS | {"store": stores}
        yield own.start()
        own.close()


def test_the_wall_is_dark_fits_every_screen_and_does_not_grow(
    browser: Browser, dashboard: Dashboard
) -> None:
    found: dict[int, Any] = {}
    elements = "document.querySelectorAll('*').length"
    light: Any = {"color_scheme": "light", "locale": "fr-FR"}
    with viewing(browser, dashboard.url, path="wall", **light) as page:
        wait_for_state(page, "revenue", "live", 30)
        page.wait_for_selector('html[data-mantine-color-scheme="dark"]')
        page.wait_for_selector("#bottom-rows tr:nth-child(5)")
        for width, height in ((1280, 720), (3840, 2160), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(200)
            found[width] = page.evaluate(SEEN)
        wide = []
        for width in (390, 768, 1024):
            page.set_viewport_size({"width": width, "height": 900})
            wide.append(page.evaluate("document.documentElement.scrollWidth"))
        page.set_viewport_size({"width": 1920, "height": 1080})
        barriers = serious(page)
        revenue = attribute(page, "revenue", "value")
        page.wait_for_selector("#top-rows th")
        before = page.evaluate(elements)
        frames = page.evaluate("window.tillstream.frame().seq")
        wait_for_truth(page, f"window.tillstream.frame().seq > {frames + 5}", 30)
        after = page.evaluate(elements)

    assert {width: ([], False) for width in found} == {w: (o, s) for w, (o, s, _) in found.items()}
    assert found[3840][2] == pytest.approx(found[1920][2], rel=0.1)
    assert ("1234.56", [], [390, 768, 1024]) == (revenue, barriers, wide)
    # Ticks of the day's axis come and go.
    assert abs(after - before) < 20
