"""Names and texts that Faker makes: drawn once, taken again and again."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt
from faker import Faker

Integers = npt.NDArray[np.int64]

#: How many of each; Faker takes about 0.1 ms for one.
_FIRST_NAMES, _LAST_NAMES, _CITIES, _COMPANIES, _SENTENCES = 300, 500, 300, 100, 300
GENDERS = ("Male", "Female", "Other")


class Pools:
    """The same seed and release of Faker, the same texts in the same order."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @cached_property
    def first_names(self) -> list[str]:
        """Given names."""
        return self._drawn(1, _FIRST_NAMES, lambda faker: faker.first_name())

    @cached_property
    def last_names(self) -> list[str]:
        """Family names."""
        return self._drawn(2, _LAST_NAMES, lambda faker: faker.last_name())

    @cached_property
    def cities(self) -> list[str]:
        """Places where people live."""
        return self._drawn(3, _CITIES, lambda faker: faker.city())

    @cached_property
    def companies(self) -> list[str]:
        """Who makes or supplies a product."""
        return self._drawn(4, _COMPANIES, lambda faker: faker.company().replace(",", ""))

    @cached_property
    def colors(self) -> list[str]:
        """The first words of products."""
        return self._drawn(5, _COMPANIES, lambda faker: faker.color_name())

    @cached_property
    def sentences(self) -> list[str]:
        """What people write of a product."""
        return self._drawn(6, _SENTENCES, lambda faker: faker.sentence(nb_words=8))

    def people(self, numbers: Integers, draws: np.random.Generator) -> tuple[list[str], list[str]]:
        """Names and mail addresses of people of these numbers; each address is another one."""
        first = draws.integers(0, _FIRST_NAMES, len(numbers)).tolist()
        last = draws.integers(0, _LAST_NAMES, len(numbers)).tolist()
        firsts, lasts = self.first_names, self.last_names
        names = [f"{firsts[one]} {lasts[other]}" for one, other in zip(first, last, strict=True)]
        mails = [
            f"{name.replace(' ', '.').lower()}{number}@example.com"
            for name, number in zip(names, numbers.tolist(), strict=True)
        ]
        return names, mails

    def _drawn(self, number: int, count: int, draw: Callable[[Faker], str]) -> list[str]:
        """So many texts; the pools are drawn apart, so that none changes another."""
        faker = Faker("en_US")
        faker.seed_instance(f"{self._seed}/{number}")
        return [draw(faker) for _ in range(count)]
