"""The languages of the pages, each one file of `words/`: its words, and the signs of its numbers.

The browser gets them with the page and reads the same files (`assets/10-language.js`).
"""

from pathlib import Path

import msgspec


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language; `{}` in a pattern stands for the number without its sign."""

    #: Between thousands, and before the decimals.
    group: str
    point: str
    #: With `{sign}`, the currency's.
    money: str
    percent: str
    #: With `{year}`, `{month}` and `{day}`.
    date: str
    #: By the words of the code, which are English.
    words: dict[str, str]
    #: What is wrong with a receipt, by the mark that the door gives it.
    marks: dict[str, str]
    #: Signs of currencies that no other has in this language; the others have their code.
    currency_signs: dict[str, str]

    def amounts_in(self, currency: str) -> str:
        """The pattern of amounts in a currency."""
        sign = self.currency_signs.get(currency)
        if sign is not None:
            return self.money.replace("{sign}", sign)
        # Letters stand apart from a number.
        pattern = self.money.replace("{sign}{}", "{sign}\u00a0{}")
        return pattern.replace("{sign}", currency)


def read_languages(folder: Path) -> dict[str, Language]:
    """Every language of a folder by its code, the file's name."""
    files = sorted(folder.glob("*.json"))
    return {each.stem: msgspec.json.decode(each.read_bytes(), type=Language) for each in files}


LANGUAGES = read_languages(Path(__file__).parent.parent / "words")


def language(code: str) -> Language:
    """The language of a code; English where there is none."""
    return LANGUAGES.get(code, LANGUAGES["en"])


def script_data() -> str:
    """All languages as JSON that may stand within an element `script`."""
    return msgspec.json.encode(LANGUAGES).decode().replace("<", "\\u003c")
