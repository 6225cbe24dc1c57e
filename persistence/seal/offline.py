"""The rules of the seal and its verifier: this one file, the standard library and no server.

`python offline.py FOLDER` checks `seals.ndjson` against `receipts.ndjson`; docs/seal.md has the
format. SEAL_KEY in the environment, when set, also checks the signatures.
"""

import hashlib
import hmac
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]
#: Told how many bytes were read.
Passed = Callable[[int], object]
#: Store and till.
Till = tuple[str, str]
#: The last seal of each till as somebody noted it: its name to sequence and hash.
Heads = dict[str, list[Any]]

SEALS = "seals.ndjson"
RECEIPTS = "receipts.ndjson"
#: What the first seal of a till follows.
NOTHING_BEFORE = "0" * 64
#: The currency of a seal or a receipt that names none.
CURRENCY = "EUR"
#: Sums of a seal, beside those by VAT rate; minor units of its currency.
SUMS = ("grossMinor", "netMinor", "taxMinor")

_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


def canonical(value: Json) -> bytes:
    """The bytes that are hashed: JSON in UTF-8, keys sorted, no white space, no fractions."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes, as hexadecimal text."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seal_hash(seal: Json) -> str:
    """What the next seal holds as `previousHash`: all of a seal but its hash and signature."""
    return digest({name: each for name, each in seal.items() if name not in ("hash", "signature")})


def sign(hash_text: str, key: str) -> str:
    """HMAC-SHA256 of a seal's hash."""
    return hmac.new(key.encode(), hash_text.encode(), hashlib.sha256).hexdigest()


def till_name(store: str, till: str) -> str:
    """`store/till`, each encoded as in a receipt's key: no two tills have one name."""
    return f"{_part(store)}/{_part(till)}"


def _part(identifier: str) -> str:
    return identifier if identifier.isalnum() else quote(identifier, safe=" ", errors="replace")


def currency_of(value: Json) -> str:
    """The currency of a seal, or of what is sealed of a receipt."""
    return str(value.get("currency", CURRENCY))


def figures(contents: Iterable[Json]) -> Json:
    """Count, sums, sums by VAT rate, and the gross with every amount taken as positive.

    `contents` are of one currency; amounts in its minor units.
    """
    count = absolute = 0
    sums: Counter[str] = Counter(dict.fromkeys(SUMS, 0))
    by_rate: dict[int, Counter[str]] = {}
    for content in contents:
        count += 1
        absolute += abs(content["grossMinor"])
        for name in SUMS:
            sums[name] += content[name]
        for line in content["lines"]:
            rate = by_rate.setdefault(line["taxBasisPoints"], Counter())
            rate["grossMinor"] += line["grossMinor"]
            rate["netMinor"] += line["netMinor"]
            rate["taxMinor"] += line["grossMinor"] - line["netMinor"]
    vat = [
        {"taxBasisPoints": rate} | {n: by_rate[rate][n] for n in SUMS} for rate in sorted(by_rate)
    ]
    return {"count": count, **sums, "absoluteMinor": absolute, "vat": vat}


def check(
    seals: Iterable[Json], receipts: Iterable[Json], key: str | None, heads: Heads
) -> Iterator[str]:
    """A line for each fault. Both inputs have their tills together and in ascending order.

    `heads` is updated to the last seal of each till; what it says at first must still stand.
    """
    noted = dict(heads)
    seen, plainly_noted = set[str](), set[str]()
    for till, of_till, sold in _by_till(seals, receipts):
        name = till_name(*till)
        if name in seen:
            yield f"till {name}: stands in two places of the file"
        seen.add(name)
        # Names were noted plainly before they were encoded; with a slash in it, one of several.
        plain = "/".join(till)
        if plain != name and "%" not in plain:
            plainly_noted.add(plain)
            heads.pop(plain, None)
            if plain.count("/") == 1 and plain in noted:
                noted.setdefault(name, noted[plain])
        yield from _check_till(name, of_till, sold, key, noted.get(name), heads)
    for name in sorted(noted.keys() - seen - plainly_noted):
        yield f"till {name}: gone; {noted[name][0]} seals were noted of it"


def _check_till(
    name: str,
    seals: Iterable[Json],
    receipts: Iterable[Json],
    key: str | None,
    noted: list[Any] | None,
    heads: Heads,
) -> Iterator[str]:
    found: dict[str, list[Json]] = {}
    for content in receipts:
        where = f"till {name}, day {content.get('businessDay')}, receipt {content.get('number')}"
        same = found.setdefault(str(content.get("key")), [])
        # A client's UUID is one receipt of each day that the till wrote.
        if _written_day(content) in map(_written_day, same):
            yield f"{where}: stands there twice ({content.get('key')})"
        same.append(content)
    expected, previous, sealed = 1, NOTHING_BEFORE, set[tuple[str, str]]()
    # By currency: gross and absolute of all seals so far.
    perpetual: dict[str, tuple[int, int]] = {}
    for seal in seals:
        where = f"till {name}, day {seal.get('businessDay')}, seal {seal.get('sequence')}"
        if seal.get("hash") != seal_hash(seal):
            yield f"{where}: altered"
        if key and not hmac.compare_digest(
            str(seal.get("signature")), sign(str(seal.get("hash")), key)
        ):
            yield f"{where}: its signature is not of this key"
        if seal.get("sequence") != expected:
            yield f"{where}: seal {expected} should stand here: one was removed, or moved"
        elif seal.get("previousHash") != previous:
            yield f"{where}: does not follow the seal before it"
        if noted and seal.get("sequence") == noted[0] and seal.get("hash") != noted[1]:
            yield f"{where}: is not the one that was noted"
        previous = str(seal.get("hash"))
        try:
            expected = seal["sequence"] + 1
            contents = []
            for entry in seal["receipts"]:
                what = (
                    f"till {name}, day {seal['businessDay']}, receipt {entry['number']}"
                    f" ({entry['key']})"
                )
                sold = _taken(found.get(entry["key"], []), entry["hash"])
                if (entry["key"], entry["hash"]) in sealed:
                    yield f"{what}: sealed twice"
                elif sold is None:
                    yield f"{what}: removed"
                elif digest(sold) != entry["hash"]:
                    yield f"{what}: altered"
                else:
                    contents.append(sold)
                sealed.add((entry["key"], entry["hash"]))
            currency = currency_of(seal)
            if any(currency_of(each) != currency for each in contents):
                yield f"{where}: it has receipts of another currency"
            said = (seal["perpetualGrossMinor"], seal["perpetualAbsoluteMinor"])
            if len(contents) == len(seal["receipts"]):
                gross, absolute = perpetual.get(currency, (0, 0))
                sums = figures(contents)
                so_far = (gross + seal["grossMinor"], absolute + sums.pop("absoluteMinor"))
                if sums != {each: seal[each] for each in sums} or said != so_far:
                    yield f"{where}: its sums are not those of its receipts"
            perpetual[currency] = said
        except _MALFORMED:
            yield f"{where}: malformed"
    if noted and expected <= noted[0]:
        yield f"till {name}: seals {expected} to {noted[0]} were noted and are gone"
    if expected > 1:
        heads[name] = [expected - 1, previous]
    for content in (each for same in found.values() for each in same):
        yield (
            f"till {name}, day {content.get('businessDay')}, receipt {content.get('number')}"
            f" ({content.get('key')}): in no seal: inserted, or late and not sealed yet"
        )


def _taken(same: list[Json], hash_text: str) -> Json | None:
    """Out of the receipts of one name the one that was sealed, or else the first."""
    places = range(len(same))
    place = next((each for each in places if digest(same[each]) == hash_text), 0)
    return same.pop(place) if same else None


def _written_day(content: Json) -> str:
    receipt = content.get("receipt")
    return str(receipt.get("date"))[:10] if isinstance(receipt, dict) else ""


def _by_till(
    seals: Iterable[Json], receipts: Iterable[Json]
) -> Iterator[tuple[Till, Iterable[Json], Iterable[Json]]]:
    """Each till with its seals and its receipts, of two inputs in the order of tills."""
    of_seals, of_receipts = groupby(seals, _till), groupby(receipts, _till)
    seal, receipt = next(of_seals, None), next(of_receipts, None)
    while seal or receipt:
        first = min(group[0] for group in (seal, receipt) if group)
        ours = seal if seal and seal[0] == first else None
        theirs = receipt if receipt and receipt[0] == first else None
        yield first, ours[1] if ours else (), theirs[1] if theirs else ()
        seal = next(of_seals, None) if ours else seal
        receipt = next(of_receipts, None) if theirs else receipt


def _till(value: Json) -> Till:
    return str(value.get("store")), str(value.get("till"))


def _nobody(_: int) -> None:
    """Nobody watches."""


def read(path: Path, passed: Passed = _nobody) -> Iterator[Json]:
    """The objects of an NDJSON file; raises ValueError with the line that is none. `passed` is told
    the length of each line.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                value = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: no JSON: {error}") from error
            if not isinstance(value, dict):
                raise ValueError(f"{path}, line {number}: no object")
            yield value
            passed(len(line))


def check_folder(
    folder: Path, key: str | None, heads: Heads, passed: Passed = _nobody
) -> Iterator[str]:
    """A line for each fault of an export."""
    try:
        yield from check(read(folder / SEALS), read(folder / RECEIPTS, passed), key, heads)
    except (OSError, ValueError) as error:
        yield str(error)


if __name__ == "__main__":
    faults = list(check_folder(Path(sys.argv[1]), os.environ.get("SEAL_KEY"), {}))
    print("\n".join(faults) or "every seal and every receipt holds")
    raise SystemExit(1 if faults else 0)
