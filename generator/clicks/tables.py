"""The users and products of a seed: the same whenever they click and buy."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from generator.clicks.world import SECOND, Integers, Plan
from generator.pools import GENDERS, Pools

CATEGORIES = (
    *("Bread", "Pastry", "Cakes", "Chocolate", "Coffee", "Tea", "Jam", "Baking tins", "Books"),
    *("Aprons", "Gift boxes", "Flour"),
)
#: Prices, cents, and commissions, thousandths.
_PRICES, _COMMISSIONS = (150, 20_000), (20, 300)
_DAY_US = 86_400 * SECOND


class Products(NamedTuple):
    """What the truth has to know of them."""

    #: Cents, and thousandths.
    price: Integers
    commission: Integers
    #: A place in CATEGORIES.
    category: Integers


def products(plan: Plan) -> Products:
    """In the order of their numbers; the id of a product is its number from 1 on."""
    draws = np.random.default_rng([plan.seed, 1])
    return Products(
        draws.integers(*_PRICES, plan.products),
        draws.integers(*_COMMISSIONS, plan.products),
        draws.integers(0, len(CATEGORIES), plan.products),
    )


def products_table(plan: Plan, pools: Pools) -> pa.Table:
    """A row a product, as it is sent."""
    known = products(plan)
    numbers = range(plan.products)
    colors, brands = pools.colors, pools.companies
    categories = [CATEGORIES[one] for one in known.category.tolist()]
    return pa.table(
        {
            "product_id": pa.array(np.arange(1, plan.products + 1)),
            "product_name": [
                f"{colors[number % len(colors)]} {categories[number]} {number + 1}"
                for number in numbers
            ],
            "category": categories,
            "brand": [brands[number * 7 % len(brands)] for number in numbers],
            "price": decimals(known.price, 2),
            "commission_rate": decimals(known.commission, 3),
        }
    )


def users_table(plan: Plan, pools: Pools) -> pa.Table:
    """A row a user, as it is sent; registered before the start."""
    draws = np.random.default_rng([plan.seed, 2])
    numbers = np.arange(1, plan.users + 1)
    names, mails = pools.people(numbers, draws)
    cities = pa.array(pools.cities)
    born = draws.integers(-14_000, 12_000, plan.users).astype(np.int32)
    # By the seed alone, as all of a user: the same whenever the events are.
    registered = 1_600_000_000 + draws.integers(0, 150_000_000, plan.users)
    phones = draws.integers(0, 10_000, plan.users).tolist()
    return pa.table(
        {
            "user_id": pa.array(numbers),
            "name": names,
            "email": mails,
            "gender": pa.array(GENDERS).take(
                pa.array(draws.choice(len(GENDERS), plan.users, p=(0.48, 0.48, 0.04)))
            ),
            "birth_day": pa.array(born).cast(pa.date32()),
            "location": cities.take(pa.array(draws.integers(0, len(cities), plan.users))),
            "phone": [f"555-{phone:04d}" for phone in phones],
            "registration_date": pa.array(registered).cast(pa.timestamp("s", "UTC")),
        }
    )


def decimals(minor: Integers, places: int) -> pa.Array:
    """Numbers of minor units as texts: 1250 as 12.50; each different one is made once."""
    different, at = np.unique(minor, return_inverse=True)
    whole = 10**places
    texts = [f"{one // whole}.{one % whole:0{places}d}" for one in different.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(at))
