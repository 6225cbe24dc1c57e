"""A chain's own numbers for the shops that files of tills only name.

The identity of a receipt has its store, so a shop must have one number in every import.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from tillstream.stores import StoreTable

#: Longest `storeID` of the contract.
STORE = 64
#: Stores that are told of, where a file has a name in every receipt.
TOLD = 50


class StoreNumbers:
    """Numbers by `--store`, and by the names of STORES_FILE; notes what has none."""

    def __init__(self, given: Mapping[str, str], table: StoreTable) -> None:
        self._given = dict(given)
        self._numbers = {store.store: store.store for store in table.stores.values()}
        named: dict[str, list[str]] = {}
        for store in table.stores.values():
            if store.name:
                named.setdefault(_plain(store.name), []).append(store.store)
        self._named = named
        self._found: dict[str, str] = {}
        self._told: list[str] = []

    def renumber(self, receipt: dict[str, Any]) -> None:
        """Give the receipt the number of its store, where there is one."""
        said = receipt["storeID"]
        if (number := self._found.get(said)) is None:
            number = self._number(said)
            if len(self._found) < 100_000:
                self._found[said] = number
        receipt["storeID"] = number

    def told(self) -> list[str]:
        """In words, the stores that no number was found for, and `--store` that met no receipt."""
        unused = [
            f"--store: no receipt is of {said!r}" for said in self._given if said not in self._found
        ]
        return [*self._told, *unused]

    def _number(self, said: str) -> str:
        if said in self._given:
            return self._given[said]
        numbers = self._named.get(_plain(said), [])
        if said in self._numbers or not self._numbers:
            return said
        if len(numbers) == 1:
            return numbers[0]
        if len(self._told) < TOLD:
            why = f"is the name of {', '.join(numbers)}" if numbers else "is not in STORES_FILE"
            self._told.append(f"{said!r} {why}: --store '{said}=NUMBER' says which number it has")
        return said


def store_number(text: str) -> tuple[str, str]:
    """`NAME=NUMBER` of the command line. Raises ArgumentTypeError."""
    name, sign, number = (part.strip() for part in text.rpartition("="))
    if not (name and sign and number) or len(number) > STORE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=NUMBER, as in 'Filiale 3=0103' (the number: {STORE} characters"
            " at most)"
        )
    return name, number


def _plain(name: str) -> str:
    """A name as it is compared: white space and capitals make no other shop."""
    return " ".join(name.split()).casefold()
