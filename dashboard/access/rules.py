"""Which roles may open which routes and pages. What is not named here, nobody may."""

from typing import Final

from dashboard.access.reader import Reader, Role

EVERY: Final = frozenset[Role]({"director", "operator", "manager"})
DIRECTOR: Final = frozenset[Role]({"director"})
OPERATOR: Final = frozenset[Role]({"operator"})
CHAIN: Final = DIRECTOR | OPERATOR
#: What narrows its answers to the stores of a manager (`Reader.within`).
BUSINESS: Final = frozenset[Role]({"director", "manager"})

#: The document of every page; which page it is decides `PAGES`.
DOCUMENTS: Final = frozenset({"/", "{path:path}"})

#: By the path of the route, as it was added.
ROUTES: Final[dict[str, frozenset[Role]]] = {
    # Whoever sees some stores only gets the frame without the chain's figures.
    "/stream": EVERY,
    "/part": BUSINESS,
    "/choices": BUSINESS,
    "/day": BUSINESS,
    "/days/state": BUSINESS,
    "/days/choices": BUSINESS,
    "/products/state": BUSINESS,
    "/stores/state": DIRECTOR,
    "/online/state": DIRECTOR,
    "/explore/state": CHAIN,
    "/explore/rows": CHAIN,
    "/operation": OPERATOR,
    "/jobs/state": OPERATOR,
    "/jobs/log": OPERATOR,
    "/alerts/state": CHAIN,
    "/alerts/count": CHAIN,
    "/alerts/acknowledge": OPERATOR,
    # Of what the page sends: nothing is read for it.
    "/workbook": EVERY,
    # The application without figures; pages are drawn by `_dash-update-component`.
    "/assets": EVERY,
    "/_dash-component-suites/{package_name}/{fingerprinted_path:path}": EVERY,
    "/_dash-layout": EVERY,
    "/_dash-dependencies": EVERY,
    "/_dash-update-component": EVERY,
    "/_reload-hash": EVERY,
    "/_favicon.ico": EVERY,
    **dict.fromkeys(DOCUMENTS, EVERY),
}

#: By the page's name, `pages.router.Place`.
PAGES: Final[dict[str, frozenset[Role]]] = {
    "live": DIRECTOR,
    "stores": DIRECTOR,
    "wall": DIRECTOR,
    "online": DIRECTOR,
    "channels": DIRECTOR,
    "products": BUSINESS,
    "days": BUSINESS,
    "store": BUSINESS,
    "receipt": BUSINESS,
    "replay": BUSINESS,
    "explore": CHAIN,
    "alerts": CHAIN,
    "operations": OPERATOR,
    "jobs": OPERATOR,
    # Say that there is no such page, or that an address names something twice.
    "nowhere": EVERY,
    "doubled": EVERY,
}


def may_ask(reader: Reader, route: str) -> bool:
    """Whether a reader may ask a route, by its path."""
    return not reader.roles.isdisjoint(ROUTES.get(route, frozenset()))


def may_open(reader: Reader, page: str, about: str = "") -> bool:
    """Whether a reader may open a page; `about` is the store of a store's page."""
    if reader.roles.isdisjoint(PAGES.get(page, frozenset())):
        return False
    return page != "store" or reader.sees(about)
