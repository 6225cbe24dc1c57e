"""Pictures of the pages of a running system, for the documents; needs the packages of tests."""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright


class Shown(NamedTuple):
    """A page of a picture: its path and what is there once it has drawn.

    `follow`: of a link on the page before; `scroll`: down by so many pixels.
    """

    path: str
    drawn: str
    follow: str = ""
    scroll: int = 0


A_WEEK_AGO = (datetime.now(UTC) - timedelta(days=7)).date()
#: By the name of the picture.
PAGES = {
    "live": Shown("", "#categories-plot .bartext"),
    "below": Shown("", "#vat-rows td.number", scroll=900),
    "filtered": Shown("?category=Viennoiserie", "#vat-rows td.number"),
    "stores": Shown("stores", "#stores-grid .ag-row"),
    "products": Shown("products", "#products-page tbody tr"),
    "days": Shown("days", "#days-page .bars .point"),
    "store": Shown("store?id=1", "#store-latest a"),
    "receipt": Shown("store?id=1", "#slip", follow="#store-latest a"),
    "replay": Shown(f"replay/{A_WEEK_AGO}?at=12:30:00&play=0", "#replay-categories .bartext"),
    "alerts": Shown("alerts", "#alerts-page tbody tr"),
    "operations": Shown("operations", "#queues-rows tr"),
    "wall": Shown("wall", "#wall-page"),
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
#: Colours of a picture: flat cards need no more, and it is less than half the size.
COLOURS = 256
MOST_BYTES = 120_000
DRAWN_MS, SETTLED_MS = 60_000, 2_500


class View(NamedTuple):
    """How a page is looked at."""

    name: str
    width: int
    height: int


VIEWS = {
    "desktop-dark": (View("desktop", 1440, 900), "dark"),
    "desktop-light": (View("desktop", 1440, 900), "light"),
    "phone-dark": (View("phone", 390, 844), "dark"),
}


def main() -> int:
    """Take those pages that are asked for; 1 where one of them does not draw."""
    parser = argparse.ArgumentParser(prog="python -m local.demo_pictures", description=__doc__)
    parser.add_argument("--url", default="http://localhost:8050", help="of the dashboard")
    parser.add_argument("--folder", type=Path, required=True, metavar="FOLDER")
    text = f"of {', '.join(PAGES)} (default: all)"
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES), help=text)
    options = parser.parse_args()
    failed = take(options.url.rstrip("/"), options.folder, options.pages)
    for each in failed:
        print(f"not taken: {each}", file=sys.stderr)
    return int(bool(failed))


def take(url: str, folder: Path, pages: list[str]) -> list[str]:
    """Write PAGE-VIEW.png of each; returns what went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    with sync_playwright() as playwright, _opened(playwright) as browser:
        for view, (size, theme) in VIEWS.items():
            context = browser.new_context(
                viewport={"width": size.width, "height": size.height},
                locale="en-GB",
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            for name in pages:
                try:
                    _show(page, url, PAGES[name])
                    _keep(page, folder / f"{name}-{view}.png")
                except Error as error:
                    failed.append(f"{name}-{view}: {str(error).splitlines()[0]}")
            context.close()
    return failed


def _show(page: Page, url: str, shown: Shown) -> None:
    """Open a page and wait until it has drawn; raises Error."""
    response = page.goto(f"{url}/{shown.path}", timeout=DRAWN_MS)
    if response is None or not response.ok:
        raise Error(f"/{shown.path}: no such page")
    if shown.follow:
        page.locator(shown.follow).first.click(timeout=DRAWN_MS)
    page.wait_for_selector(shown.drawn, timeout=DRAWN_MS, state="attached")
    page.evaluate(f"window.scrollTo(0, {shown.scroll})")
    page.wait_for_timeout(SETTLED_MS)


@contextmanager
def _opened(playwright: Playwright) -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    try:
        yield browser
    finally:
        browser.close()


def _keep(page: Page, path: Path) -> None:
    """A screenshot with few colours, fewer until it has at most MOST_BYTES."""
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
    colours = COLOURS
    while True:
        # By coverage: the median cut would lose a small green dot among many greys.
        few = shot.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        out = BytesIO()
        few.save(out, "PNG", optimize=True)
        if len(out.getvalue()) <= MOST_BYTES or colours <= 16:
            break
        colours //= 2
    path.write_bytes(out.getvalue())


if __name__ == "__main__":
    sys.exit(main())
