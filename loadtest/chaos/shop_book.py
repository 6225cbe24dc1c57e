"""What the online shop was told, and what has to stand of each purchase: an oracle without I/O.

Each purchase is held against every click of its user, by a rule of one line. No product code.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple

from loadtest.chaos.shop_world import WINDOW_US, Click, Fact, Product, Purchase, ShopBody, User

MINUTE_US = 60_000_000
#: The credits of a purchase, in each model.
WHOLE_CREDIT = 1_000_000


class Checkout(NamedTuple):
    """What stands of a purchase; nothing of a user, product or click that is not there."""

    user: str
    time_us: int
    click: str | None
    source: str | None
    touches: int
    gender: str | None
    #: In units of 10^-5 and 10^-8.
    total: int | None
    profit: int | None
    #: The tables that do not have it, sorted.
    missing: tuple[str, ...]
    is_late: bool


class Revenue(NamedTuple):
    """Of the paid purchases of a minute."""

    total: int = 0
    profit: int = 0
    quantity: int = 0
    purchases: int = 0
    without_product: int = 0


class Sources(NamedTuple):
    """Of the purchases of a minute whose click has one source."""

    purchases: int
    successful: int


class ShopSeen(NamedTuple):
    """What the system has of the shop at one moment."""

    #: By the purchase.
    checkouts: Mapping[str, Checkout]
    #: By the beginning of the minute, microseconds.
    revenue: Mapping[int, Revenue]
    #: By minute and source.
    sources: Mapping[tuple[int, str | None], Sources]
    #: By minute, the credits of each model.
    credits: Mapping[int, tuple[int, ...]]


class ShopBook:
    """The sender's own book. To be checked while nothing is on its way."""

    def __init__(self) -> None:
        self._acknowledged: set[int] = set()
        self._sent: dict[int, ShopBody] = {}
        self._users: dict[str, User] = {}
        self._products: dict[str, Product] = {}
        self._clicks: dict[str, list[Click]] = defaultdict(list)
        self._purchases: dict[str, Purchase] = {}
        self._wrong: list[str] = []

    @property
    def accepted(self) -> int:
        """Purchases that were acknowledged."""
        return len(self._purchases)

    def send(self, body: ShopBody) -> None:
        """A body is about to be sent: from now on it may be counted."""
        self._sent[body.number] = body

    def acknowledge(self, number: int, at: float) -> None:
        """The door has answered 202, now or again."""
        del at
        if number not in self._acknowledged:
            self._acknowledged.add(number)
            for fact in self._sent[number].facts:
                self._keep(fact)

    def wrong_answer(self, what: str) -> None:
        """The door answered what it must not."""
        self._wrong.append(what)

    def expected(self) -> ShopSeen:
        """What has to stand."""
        checkouts = {name: self._checkout(each) for name, each in self._purchases.items()}
        revenue: dict[int, Revenue] = {}
        purchases, successful = Counter[tuple[int, str | None]](), Counter[tuple[int, str | None]]()
        for name, checkout in checkouts.items():
            bought = self._purchases[name]
            minute = bought.time_us // MINUTE_US * MINUTE_US
            place = (minute, checkout.source)
            purchases[place] += 1
            if bought.is_paid:
                successful[place] += 1
                before = revenue.get(minute, Revenue())
                revenue[minute] = Revenue(
                    before.total + (checkout.total or 0),
                    before.profit + (checkout.profit or 0),
                    before.quantity + bought.quantity,
                    before.purchases + 1,
                    before.without_product + (checkout.total is None),
                )
        sources = {place: Sources(many, successful[place]) for place, many in purchases.items()}
        shares = Counter[int]()
        for (minute, _), many in purchases.items():
            shares[minute] += many * WHOLE_CREDIT
        six = {minute: (whole,) * 6 for minute, whole in shares.items()}
        return ShopSeen(checkouts, revenue, sources, six)

    def check(self, seen: ShopSeen) -> tuple[str, ...]:
        """Every difference, in both directions; none when it holds."""
        expected = self.expected()
        found = list(self._wrong)
        for name, owed in expected._asdict().items():
            found += _differences(name, owed, getattr(seen, name))
        return tuple(found)

    def _keep(self, fact: Fact) -> None:
        match fact:
            case User():
                self._users[fact.user] = fact
            case Product():
                self._products[fact.product] = fact
            case Click():
                self._clicks[fact.user].append(fact)
            case Purchase():
                self._purchases[fact.purchase] = fact

    def _checkout(self, bought: Purchase) -> Checkout:
        found = [
            click
            for click in self._clicks.get(bought.user, ())
            if bought.time_us - WINDOW_US <= click.time_us <= bought.time_us
        ]
        first = min(found, key=lambda click: (click.time_us, click.click), default=None)
        product, user = self._products.get(bought.product), self._users.get(bought.user)
        total = profit = None
        if product is not None:
            goods = product.price * bought.quantity * (1_000 - bought.discount)
            total, profit = goods + bought.shipping * 1_000, goods * product.commission
        known = {"products": product, "users": user}
        return Checkout(
            bought.user,
            bought.time_us,
            first and first.click,
            first and first.source,
            len(found),
            user and user.gender,
            total,
            profit,
            tuple(name for name, row in known.items() if row is None),
            is_late=False,
        )


def _differences(
    name: str, owed: Mapping[Hashable, object], seen: Mapping[Hashable, object]
) -> Iterator[str]:
    for key in owed.keys() | seen.keys():
        if owed.get(key) != seen.get(key):
            yield f"{name} {key}: {seen.get(key)} instead of {owed.get(key)}"
