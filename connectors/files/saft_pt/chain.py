"""The chain of documents as far as it can be seen without the issuer's key.

`Hash` signs date, entry time, number and total of a document together with the hash before it
(Portaria 363/2010): to verify it needs the public key of the program's producer, which the file
has not. What is looked at: presence, form, that no hash stands twice in a series, that numbers
follow one another and that time does not go back.
"""

import re
from dataclasses import dataclass

from connectors.files.found import Kept
from connectors.files.import_errors import ImportFileError

#: The form of the hash: RSA with 1,024 bits or more as base64; "0" is a document without one.
_is_hash = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}").fullmatch
#: Series of a file: a till has a few in a year.
MAX_SERIES = 100_000
#: What is wrong with one series is named so often.
NAMED = 5
UNCHECKED = (
    "signatures of the hash chain: the producer's public key is not in the file; order and presence"
    " were checked"
)


@dataclass(slots=True)
class _Series:
    number: int
    entered: str
    hash: str
    told: int = 0


class Chain:
    """Looks at one document after the other, as they stand in the file."""

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}
        self.problems = Kept[str]()

    def link(self, invoice: str, hash_: str, control: str, entered: str) -> None:
        """Note the document `invoice`, such as "FS A2026/17".

        Raises ImportFileError for more series than MAX_SERIES.
        """
        name, _, last = invoice.rpartition("/")
        number = int(last) if last.isdecimal() and len(last) < 16 else 0
        known = self._series.get(name)
        if not hash_ or not control:
            self._tell(known, f"{invoice}: no Hash or no HashControl")
        elif hash_ != "0" and _is_hash(hash_) is None:
            self._tell(known, f"{invoice}: its Hash is no signature")
        if known is None:
            if len(self._series) >= MAX_SERIES:
                raise ImportFileError(f"more than {MAX_SERIES} series; export less at once")
            self._series[name] = _Series(number, entered, hash_)
            return
        if number != known.number + 1:
            self._tell(known, f"{invoice} follows {name}/{known.number}: the chain has a gap")
        if entered < known.entered:
            self._tell(known, f"{invoice} was entered {entered}, before the one that it follows")
        if hash_ == known.hash and hash_ not in ("", "0"):
            self._tell(known, f"{invoice} has the Hash of the document before it")
        known.number, known.entered, known.hash = number, entered, hash_

    def _tell(self, series: _Series | None, problem: str) -> None:
        if series is not None:
            series.told += 1
        if series is None or series.told <= NAMED:
            self.problems.append(problem)
