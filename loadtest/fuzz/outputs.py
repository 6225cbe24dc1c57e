"""What the ledger, MongoDB, Parquet, the API, SQL, the seals and the page have of the receipts.

Each is asked as its users ask it: files, HTTP, commands.
"""

import csv
import http.client
import io
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow.parquet
from pymongo import MongoClient

from loadtest.bench.private import CommandFailedError, System
from loadtest.fuzz.reference import Facts, Line, Sums, currency_day, minor_units, scaled
from tillstream.runtime import data_folder

COMMAND_SECONDS = 1_800
HTTP_SECONDS = 300

#: What the archive's service sums by.
API_BREAKDOWNS = ("day", "hour", "store", "category", "product", "tender", "vat")
#: Of a receipt or a line in the analytic archive, in units of the currency.
AMOUNTS = ("gross", "net", "tax", "amount")


def ledger(system: System) -> Sums:
    """The ledger's figures."""
    path = system.data_dir / data_folder.LEDGER
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        rows = database.execute(
            "SELECT day, currency, breakdown, key, receipts, units_milli, gross_minor, net_minor"
            " FROM totals"
        )
        return {
            (currency_day(date.fromordinal(day).isoformat(), currency), breakdown, key): (
                *(receipts, units, gross, net),
            )
            for day, currency, breakdown, key, receipts, units, gross, net in rows
        }


def archive(system: System) -> Iterator[tuple[str, Facts, dict[str, Any]]]:
    """Every document of MongoDB: key, facts, and the receipt as it came."""
    with MongoClient[dict[str, Any]](system.mongo_url, socketTimeoutMS=120_000) as client:
        database = system.environ.get("MONGO_DATABASE", "tillstream")
        for each in client[database].receipts.find():
            yield each["_id"], of_document(each), read(each["raw"])


def read(raw: str | bytes) -> dict[str, Any]:
    """A receipt as it came; a field of a till's own may hold any number and any bytes."""
    text = raw if isinstance(raw, str) else raw.decode(errors="replace")
    found: dict[str, Any] = json.loads(text, parse_int=_integer)
    return found


def parquet(system: System) -> Iterator[tuple[str, Facts]]:
    """Every receipt of the analytic archive, after an export of all closed days."""
    system.command("persistence", "export-parquet", seconds=COMMAND_SECONDS)
    for path in sorted((system.data_dir / "parquet").rglob("*.parquet")):
        # The day is the folder's name, as DuckDB and others read it.
        name, _, day = path.parent.name.partition("=")
        if name != "businessDay":
            continue
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(5_000):
            for row in batch.to_pylist():
                yield row["key"], of_row(row | {name: date.fromisoformat(day)})


def api(system: System) -> Iterator[tuple[str, Facts]]:
    """Every receipt of an export of the archive's service."""
    # Not by splitlines: a name may hold what Unicode calls a line break.
    for line in _asked(system, "/export", {"format": "ndjson"}).split("\n"):
        if line:
            view = json.loads(line)
            yield view["key"], of_view(view)


def sales(system: System, days: Iterable[tuple[str, str]]) -> Sums:
    """The sums of the archive's service, of days in a currency each."""
    found: Sums = {}
    for plain_day, currency in days:
        day = currency_day(plain_day, currency)
        following = (date.fromisoformat(plain_day) + timedelta(days=1)).isoformat()
        for by in API_BREAKDOWNS:
            question = {"by": by, "from": plain_day, "to": following, "currency": currency}
            told = json.loads(_asked(system, "/sales", question))
            for row in told["rows"]:
                key = "" if by == "day" else row["key"]
                figures = (row["receipts"], row["unitsMilli"], row["grossMinor"], row["netMinor"])
                found[day, by, key] = figures
    return found


def sql(system: System) -> Sums:
    """Sums by day and category, product, VAT rate and tender, over Parquet and MongoDB, exact."""
    whole = (
        "count(*), coalesce(sum(list_sum([l.quantity FOR l IN lines])), 0), sum(gross), sum(net)"
        " FROM receipts"
    )
    of_lines = "count(DISTINCT key), sum(quantity), sum(gross), sum(net) FROM lines"
    queries = {
        "day": f"'' AS k, {whole}",
        "store": f"hex(store), {whole}",
        "category": f"hex(category), {of_lines}",
        "product": f"hex(product), {of_lines}",
        "vat": f"hex(taxPercentage::VARCHAR), {of_lines}",
        "tender": "hex(mechanism), count(DISTINCT key), 0, sum(amount), 0 FROM payments",
    }
    found: Sums = {}
    for breakdown, query in queries.items():
        query = f"SELECT businessDay, currency, {query} GROUP BY ALL"
        said = system.command("persistence", "sql", "--csv", query, seconds=COMMAND_SECONDS)
        _, *rows = csv.reader(io.StringIO(said))
        for day, currency, encoded, receipts, *amounts in rows:
            key = bytes.fromhex(encoded).decode()
            if breakdown == "vat":
                key = key.rstrip("0").rstrip(".")
            scale = minor_units(currency)
            units, gross, net = (
                int(round_exactly(amount, of))
                for amount, of in zip(amounts, (1000, scale, scale), strict=True)
            )
            place = (currency_day(day, currency), breakdown, key)
            found[place] = (int(receipts), units, gross, net)
    return found


def seals(system: System, folder: Path) -> Iterator[tuple[str, Facts]]:
    """Every sealed receipt of an export of the seals, which is verified; without its customer."""
    for words in (
        ("seal",),
        ("export-seals", str(folder)),
        ("verify-seal", str(folder)),
        ("verify-seal",),
    ):
        system.command("persistence", *words, seconds=COMMAND_SECONDS)
    with (folder / "seals.ndjson").open(encoding="utf-8") as file:
        sealed = {each["key"] for line in file for each in json.loads(line)["receipts"]}
    with (folder / "receipts.ndjson").open(encoding="utf-8") as file:
        for line in file:
            content = json.loads(line)
            if content["key"] in sealed:
                yield _whole_key(content), of_document(content | {"customer": None})


def page(system: System) -> dict[str, Any]:
    """A whole frame of the live page."""
    connection = http.client.HTTPConnection(_host(system.dashboard), timeout=HTTP_SECONDS)
    with closing(connection):
        connection.request("GET", "/stream")
        answer = connection.getresponse()
        while line := answer.readline():
            if line.startswith(b"data: "):
                frame: dict[str, Any] = json.loads(line[6:])
                return frame
    raise CommandFailedError("the page's stream ended without a frame")


def of_document(document: dict[str, Any]) -> Facts:
    """A receipt as MongoDB and the seals have it."""
    return _facts(document, lambda line: int(line["taxBasisPoints"]))


def of_view(view: dict[str, Any]) -> Facts:
    """A receipt as the archive's service shows it."""
    return _facts(view, lambda line: scaled(float(line["taxPercentage"]), 100))


def of_row(row: dict[str, Any]) -> Facts:
    """A receipt as a row of the analytic archive, its decimals made whole."""

    scale = minor_units(row["currency"])

    def minor(amounts: dict[str, Any]) -> dict[str, Any]:
        return {f"{name}Minor": int(amounts[name] * scale) for name in AMOUNTS if name in amounts}

    lines = [
        line | minor(line) | {"unitsMilli": int(line["quantity"] * 1000)} for line in row["lines"]
    ]
    payments = [each | minor(each) for each in row["payments"]]
    whole = row | minor(row) | {"lines": lines, "payments": payments}
    whole["businessDay"] = row["businessDay"].isoformat()
    return _facts(whole, lambda line: int(line["taxPercentage"] * 100))


def _facts(receipt: dict[str, Any], basis_points: Callable[[dict[str, Any]], int]) -> Facts:
    """`basis_points` reads the tax rate of a line, in hundredths of a percent."""
    return Facts(
        receipt["businessDay"],
        receipt["store"],
        receipt["till"],
        receipt["number"],
        receipt["customer"],
        receipt["grossMinor"],
        receipt["netMinor"],
        receipt["taxMinor"],
        tuple(
            Line(
                line["category"],
                line["product"],
                line["unitsMilli"],
                line["grossMinor"],
                line["netMinor"],
                basis_points(line),
            )
            for line in receipt["lines"]
        ),
        tuple((each["mechanism"], each["amountMinor"]) for each in receipt["payments"]),
        receipt.get("currency", "EUR"),
    )


def round_exactly(text: str, scale: int) -> int:
    """A decimal text times `scale`, which leaves no fraction."""
    whole, _, fraction = text.partition(".")
    digits = len(str(scale)) - 1
    if fraction[digits:].strip("0"):
        raise ValueError(f"{text!r} has more than {digits} decimal places")
    return int(whole + fraction[:digits].ljust(digits, "0"))


def _asked(system: System, path: str, question: dict[str, str]) -> str:
    host = f"127.0.0.1:{system.environ['ARCHIVE_API_PORT']}"
    with closing(http.client.HTTPConnection(host, timeout=HTTP_SECONDS)) as connection:
        connection.request("GET", f"{path}?{urlencode(question)}")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise CommandFailedError(f"{path} {question}: {answer.status} {body[:500]!r}")
        return body.decode()


def _whole_key(content: dict[str, Any]) -> str:
    """The key of a sealed receipt, whose name has its date last, or neither store nor day."""
    name, store = str(content["key"]), quote(str(content["store"]), safe=" ")
    if name.count("/") > 1:
        rest, _, date_text = name.rpartition("/")
        return f"{date_text}/{rest}"
    return f"{content['receipt']['date'][:10]}/{store}/{name}"


def _integer(digits: str) -> int | float:
    # Python reads no more than 4,300 digits.
    return int(digits) if len(digits) < 100 else float("inf")


def _host(url: str) -> str:
    return url.removeprefix("http://")
