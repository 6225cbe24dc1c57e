"""Who clicks and buys when, and when that is heard: arrays, the same for the same seed.

Times are microseconds since 1970, on whole milliseconds.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

MILLISECOND, SECOND, MINUTE = 1_000, 1_000_000, 60_000_000
#: Where a click comes from; the first is no advertisement.
SOURCES = (
    *("Unknown", "Google Ads", "Tiktok Ads", "Facebook Post", "Instagram Post"),
    *("Youtube Video", "Email", "Facebook Ads", "Twitter Post", "Partner Blog"),
)
DIRECT = 0
PAGES = ("Homepage", "Product")
PAYMENTS = ("credit card", "PayPal", "bank transfer")
REASONS = ("Insufficient funds", "Card expired", "Payment declined", "Network error")
#: Shipping costs, cents, and discounts, thousandths.
SHIPPING = (0, 250, 499, 790, 1_290)
DISCOUNTS = (0, 0, 0, 50, 100, 125, 200, 300)
MOST_QUANTITY = 5

#: Of users, who never clicks.
_NEVER_CLICK = 0.1
#: Of clicks, those at the very moment of another click of their user.
_TIES = 0.01
#: Of attributed purchases: at the moment of the click, when the window just still reaches it, and
#: when it just does no more.
_AT_ONCE, _LAST_MOMENT, _TOO_LATE = 0.01, 0.02, 0.03
#: Numbers of events within a second of the clock: an id has its start before them.
_NUMBERS = 99_999_989
_STEP = 38_196_601
#: Exponential delays have a mean of this share of the lateness.
_MEAN_DELAY = 1 / 12


class Plan(NamedTuple):
    """What a world is like: numbers of each, shares from 0 to 1, lengths in microseconds."""

    seed: int
    start_us: int
    span_us: int
    clicks: int
    purchases: int
    users: int = 10_000
    products: int = 500
    sources: int = 7
    window_us: int = 10 * MINUTE
    #: Events are delayed by less; those that are `late` by more.
    lateness_us: int = 10 * MINUTE
    out_of_order: float = 0.9
    late: float = 0.01
    #: Of purchases, those of users who never click.
    unattributed: float = 0.3
    failures: float = 0.07


class Clicks(NamedTuple):
    """A row a click."""

    id: Integers
    user: Integers
    time: Integers
    #: Places in PAGES and SOURCES.
    page: Integers
    source: Integers
    #: An IPv4 address as a number.
    ip: Integers
    #: When it is heard.
    arrival: Integers


class Purchases(NamedTuple):
    """A row a purchase."""

    id: Integers
    user: Integers
    #: From 0.
    product: Integers
    time: Integers
    quantity: Integers
    #: Cents, and thousandths.
    shipping: Integers
    discount: Integers
    payment: Integers
    #: A place in REASONS, -1 for a success.
    reason: Integers
    arrival: Integers


class World(NamedTuple):
    """Both."""

    clicks: Clicks
    purchases: Purchases


def made(plan: Plan) -> World:
    """The world of a plan; users are from 1 on, of whom the last tenth never clicks."""
    draws = np.random.default_rng([plan.seed, plan.start_us])
    clicks = _clicks(plan, draws)
    return World(clicks, _purchases(plan, clicks, draws))


def clicking_users(plan: Plan) -> int:
    """How many of the users ever click."""
    return max(1, plan.users - max(1, round(plan.users * _NEVER_CLICK)))


def _clicks(plan: Plan, draws: np.random.Generator) -> Clicks:
    count = plan.clicks
    # Some users are there far more often than others.
    user = 1 + (clicking_users(plan) * draws.random(count) ** 1.5).astype(np.int64)
    time = _times(plan, draws, count)
    ties = np.flatnonzero(draws.random(count) < _TIES)
    ties = ties[ties > 0]
    user[ties], time[ties] = user[ties - 1], time[ties - 1]
    return Clicks(
        _ids(plan, np.arange(count)),
        user,
        time,
        draws.integers(0, len(PAGES), count),
        draws.integers(0, plan.sources, count),
        draws.integers(0x0B00_0000, 0xDF00_0000, count),
        _arrivals(plan, draws, time),
    )


def _purchases(plan: Plan, clicks: Clicks, draws: np.random.Generator) -> Purchases:
    count = plan.purchases
    if plan.clicks:
        click = draws.integers(0, plan.clicks, count)
        user, time = clicks.user[click], clicks.time[click]
    else:
        user, time = np.ones(count, np.int64), _times(plan, draws, count)
    after = draws.integers(0, plan.window_us // MILLISECOND, count) * MILLISECOND
    edge = draws.random(count)
    after = np.select(
        [edge < _AT_ONCE, edge < _LAST_MOMENT, edge < _TOO_LATE],
        [0, plan.window_us, plan.window_us + MILLISECOND],
        after,
    )
    by_themselves = draws.random(count) < plan.unattributed
    never = draws.integers(clicking_users(plan) + 1, max(plan.users, 2) + 1, count)
    time = time + after
    failed = draws.random(count) < plan.failures
    return Purchases(
        _ids(plan, plan.clicks + np.arange(count)),
        np.where(by_themselves, never, user),
        # A few products are bought most.
        (plan.products * draws.random(count) ** 2).astype(np.int64),
        time,
        draws.integers(1, MOST_QUANTITY + 1, count),
        np.array(SHIPPING)[draws.integers(0, len(SHIPPING), count)],
        np.array(DISCOUNTS)[draws.integers(0, len(DISCOUNTS), count)],
        draws.integers(0, len(PAYMENTS), count),
        np.where(failed, draws.integers(0, len(REASONS), count), -1),
        _arrivals(plan, draws, time),
    )


def _times(plan: Plan, draws: np.random.Generator, count: int) -> Integers:
    within = draws.integers(0, max(1, plan.span_us // MILLISECOND), count)
    return plan.start_us // MILLISECOND * MILLISECOND + within * MILLISECOND


def _arrivals(plan: Plan, draws: np.random.Generator, time: Integers) -> Integers:
    lateness = plan.lateness_us
    held = draws.random(len(time)) < plan.out_of_order
    wait = draws.exponential(lateness * _MEAN_DELAY, len(time)).astype(np.int64)
    delay = np.where(held, np.minimum(wait, lateness - MILLISECOND), 0)
    late = draws.random(len(time)) < plan.late
    return time + np.where(late, lateness + lateness // 2 + wait, delay)


def _ids(plan: Plan, numbers: Integers) -> Integers:
    """Another number for each, of 18 digits: in no order of time, and other ones each second."""
    return plan.start_us // SECOND * 100_000_000 + numbers * _STEP % _NUMBERS
