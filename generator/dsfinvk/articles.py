"""What the made-up German bakery sells, and how a position of it is written."""

from typing import NamedTuple

#: VAT key of the export -> rate in percent (DSFinV-K, Stamm_USt).
RATES = {"1": 19, "2": 7, "5": 0}


class Article(NamedTuple):
    """An article; `price` in cents with VAT."""

    code: str
    text: str
    group: str
    group_name: str
    price: int
    vat: str


ARTICLES = (
    Article("100", "Weizenbrötchen", "10", "Brötchen", 45, "2"),
    Article("101", "Mohnbrötchen", "10", "Brötchen", 65, "2"),
    Article("110", "Roggenmischbrot 750 g", "11", "Brot", 420, "2"),
    Article("111", "Dinkelvollkorn; geschnitten", "11", "Brot", 495, "2"),
    Article("120", "Laugenbrezel", "12", "Laugengebäck", 95, "2"),
    Article("130", "Franzbrötchen", "13", "Feingebäck", 210, "2"),
    Article("131", 'Berliner "Erdbeer"', "13", "Feingebäck", 180, "2"),
    Article("140", "Käsekuchen, Stück", "14", "Kuchen", 320, "2"),
    Article("150", "Kaffee Crème", "15", "Getränke", 290, "1"),
    Article("151", "Apfelschorle 0,5 l", "15", "Getränke", 250, "1"),
    Article("160", "Belegtes Brötchen Käse", "16", "Snacks", 380, "2"),
    Article("170", "Kerze", "17", "Geschenke", 599, "1"),
)

#: Hundred-thousandths in a cent.
FINE = 1_000


def fine_net(gross_cents: int, vat: str) -> int:
    """The net of a gross amount in hundred-thousandths, rounded half up as tills do."""
    rate = 100 + RATES[vat]
    doubled = 2 * abs(gross_cents) * FINE * 100
    net = (doubled + rate) // (2 * rate)
    return net if gross_cents >= 0 else -net


def two(cents: int) -> str:
    """Cents as the export writes them: 1190 is 11,90."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"


def five(fine: int) -> str:
    """Hundred-thousandths as the export writes them."""
    sign = "-" if fine < 0 else ""
    return f"{sign}{abs(fine) // 100_000},{abs(fine) % 100_000:05d}"


def quoted(text: str) -> str:
    """A text as a cell."""
    return '"' + text.replace('"', '""') + '"'
