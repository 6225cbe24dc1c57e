"""An online shop whose truth is known: users, products, clicks and purchases as bodies to send.

Its clock goes ahead of ours, by a few seconds each body, so that purchases become final within a
run; it waits for bodies that have no answer yet, so that nothing is ever late. No I/O.
"""

from collections import deque
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from loadtest.chaos.requests import Posted, posted_csv

#: How much time passes with each accepted body, and how long it waits for another, microseconds.
STEP_US, HELD_US = 5_000_000, 30_000_000
#: Events are dated up to so long before the clock; the streams' lateness is ten minutes.
SPREAD_US = 240_000_000
#: How long a click may lead to a purchase: that of streams/checkouts.toml.
WINDOW_US = 600_000_000
#: The clock begins so long before ours, and never passes it.
BEHIND_US = 12 * 3_600_000_000

USERS = 300
SOURCES = ("Unknown", "Google Ads", "Tiktok Ads", "Facebook Post")
GENDERS = ("Female", "Male")
CATEGORIES = ("Books", "Clothing", "Electronics")
#: Products that are bought before they are known.
_AHEAD = 3
#: Clicks or purchases of a body.
_SIZES = (1, 2, 5, 20)
#: Users, products of a body.
_USERS, _PRODUCTS = 15, 2
#: How often a body comes again that was accepted, and in a new body an accepted purchase.
_REPEATED = 0.2
_REMEMBERED = 500
_MILLISECOND = 1_000


class User(NamedTuple):
    """Who clicks and buys."""

    user: str
    gender: str


class Product(NamedTuple):
    """What is bought: cents, thousandths."""

    product: str
    price: int
    commission: int


class Click(NamedTuple):
    """Microseconds since 1970."""

    user: str
    time_us: int
    click: str
    source: str


class Purchase(NamedTuple):
    """Shipping in cents, the discount in thousandths."""

    purchase: str
    user: str
    product: str
    time_us: int
    quantity: int
    shipping: int
    discount: int
    is_paid: bool


Fact = User | Product | Click | Purchase


class ShopBody(NamedTuple):
    """A body as it is sent, the same bytes each time, under its own Idempotency-Key."""

    number: int
    stream: str
    facts: tuple[Fact, ...]
    content: bytes

    @property
    def key(self) -> str:
        """The Idempotency-Key."""
        return f"shop-{self.number}"

    def posted(self) -> Posted:
        """How it is sent."""
        return posted_csv(self.stream, self.key)


class ShopBodies:
    """Draws the bodies of a run; not safe to call from several threads."""

    def __init__(self, seed: int, now_us: int) -> None:
        self._random = Random(f"shop {seed}")
        self._now_us, self._clock_us = now_us, now_us - BEHIND_US
        self._numbers = dict.fromkeys(("body", "user", "product", "click", "purchase"), 0)
        self._pending: dict[int, int] = {}
        self._accepted = deque[ShopBody](maxlen=_REMEMBERED)
        self._clicks = deque[Click](maxlen=_REMEMBERED)
        self._bought = deque[Purchase](maxlen=_REMEMBERED)

    def next(self) -> ShopBody:
        """A new body, or one that was accepted before."""
        if self._accepted and self._random.random() < _REPEATED:
            return self._random.choice(self._accepted)
        stream = self._random.choices(("clicks", "purchases", "users", "products"), (50, 40, 5, 5))[
            0
        ]
        facts = self._facts(stream)
        content = "\n".join([_HEADS[stream], *map(_line, facts), ""]).encode()
        body = ShopBody(self._next("body"), stream, facts, content)
        self._pending[body.number] = self._clock_us
        return body

    def accepted(self, body: ShopBody) -> None:
        """It may come again, and time goes on."""
        if self._pending.pop(body.number, None) is None:
            return
        self._accepted.append(body)
        self._bought += [fact for fact in body.facts if isinstance(fact, Purchase)]
        if min(self._pending.values(), default=self._clock_us) > self._clock_us - HELD_US:
            self._clock_us = min(self._clock_us + STEP_US, self._now_us)

    def _facts(self, stream: str) -> tuple[Fact, ...]:
        size = self._random.choice(_SIZES)
        if stream == "users":
            return tuple(self._user() for _ in range(_USERS))
        if stream == "products":
            return tuple(self._product() for _ in range(_PRODUCTS))
        if stream == "clicks":
            return tuple(self._click() for _ in range(size))
        again = [self._random.choice(self._bought)] if self._bought else []
        return (
            *(self._purchase() for _ in range(size)),
            *(again if self._random.random() < _REPEATED else []),
        )

    def _user(self) -> User:
        number = self._next("user")
        # After the last one they come again, as they were.
        return User(f"u{number % USERS}", GENDERS[number % len(GENDERS)])

    def _product(self) -> Product:
        number = self._next("product")
        return Product(
            f"p{number}", self._random.randint(1, 100_000), self._random.randint(0, 1_000)
        )

    def _click(self) -> Click:
        user, time_us = self._anybody(), self._time()
        if self._clicks and self._random.random() < 0.1:
            # At the very moment of another click, if that can still be told in time.
            other = self._random.choice(self._clicks)
            if self._may_be(other.time_us):
                user, time_us = other.user, other.time_us
        source = self._random.choice(SOURCES)
        click = Click(user, time_us, f"c{self._next('click'):07d}", source)
        self._clicks.append(click)
        return click

    def _purchase(self) -> Purchase:
        user, time_us = self._anybody(), self._time()
        if self._clicks and self._random.random() < 0.3:
            # At once, when the window just still reaches the click, and when it just does no more.
            click = self._random.choice(self._clicks)
            at = click.time_us + self._random.choice((0, WINDOW_US, WINDOW_US + _MILLISECOND))
            if self._may_be(at):
                user, time_us = click.user, at
        return Purchase(
            f"b{self._next('purchase'):07d}",
            user,
            f"p{self._random.randint(1, self._numbers['product'] + _AHEAD)}",
            time_us,
            self._random.randint(1, 5),
            self._random.choice((0, 250, 499)),
            self._random.choice((0, 50, 125, 300)),
            self._random.random() < 0.8,
        )

    def _anybody(self) -> str:
        return f"u{self._random.randrange(USERS)}"

    def _time(self) -> int:
        before = self._random.randrange(0, SPREAD_US, _MILLISECOND)
        return (self._clock_us - before) // _MILLISECOND * _MILLISECOND

    def _may_be(self, time_us: int) -> bool:
        return self._clock_us - SPREAD_US <= time_us <= self._clock_us

    def _next(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]


_HEADS = {
    "users": "user_id,name,gender",
    "products": "product_id,product_name,category,price,commission_rate",
    "clicks": "click_id,user_id,click_time,click_at,source",
    "purchases": "purchase_id,user_id,product_id,shipping_cost,discount,quantity,"
    "payment_status,description,purchase_time",
}


def _line(fact: Fact) -> str:
    match fact:
        case User(user, gender):
            return f"{user},Somebody,{gender}"
        case Product(product, price, commission):
            category = CATEGORIES[price % len(CATEGORIES)]
            return f"{product},Something,{category},{_fixed(price, 2)},{_fixed(commission, 3)}"
        case Click(user, time_us, click, source):
            return f"{click},{user},{_iso(time_us)},Homepage,{source}"
        case Purchase():
            status = "success," if fact.is_paid else "failure,Card expired"
            return (
                f"{fact.purchase},{fact.user},{fact.product},{_fixed(fact.shipping, 2)},"
                f"{_fixed(fact.discount, 3)},{fact.quantity},{status},{_iso(fact.time_us)}"
            )


def _fixed(value: int, places: int) -> str:
    whole, part = divmod(value, 10**places)
    return f"{whole}.{part:0{places}d}"


def _iso(time_us: int) -> str:
    return datetime.fromtimestamp(time_us // 1_000 / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
