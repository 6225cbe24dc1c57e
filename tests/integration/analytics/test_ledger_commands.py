"""recount and verify on a real log and a real archive: they agree, and they can disagree."""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from analytics.commands.recount_command import recount
from analytics.counting import parallel_decoding
from analytics.ledger.ledger_file import Ledger
from analytics.settings import VerifySettings
from tests.support.books import Books, post, today
from tests.support.ledgers import kept_keys
from tests.support.receipts import receipt, stamped
from tillstream import topology
from tillstream.day_figures import StoreFigures, encode
from tillstream.log.reader import StoppedError
from tillstream.runtime import settings
from tillstream.runtime.data_folder import LEDGER


def test_all_books_agree_and_say_what_was_not_counted(books: Books) -> None:
    first = today(1)
    post(books, first, today(2), first, today(3), first | {"agentID": 9})
    with httpx.Client() as client:
        client.post(f"{books.door}/receipts", json=[today(number) for number in range(10, 40)])
    books.counted(33)

    actual = books.figures()
    told, tills = books.command("verify", "--by-store"), books.command("tills")

    expected = {
        "accepted": 35,
        "stored": 33,
        "counted": 33,
        "duplicates": 1,
        "conflicts": 1,
        "dead_lettered": 0,
        "lost": 0,
        "double_counted": 0,
    }
    assert (0, expected) == actual
    *_, of_store, verdict = told.stdout.splitlines()
    day = first["date"][:10]
    assert [day, "1", *["33"] * 3, *["198.00"] * 3, "agree"] == of_store.split()
    assert verdict.startswith("accepted 35, stored 33, counted 33, duplicates 1, conflicts 1")
    assert "1 tills heard" == tills.stdout.splitlines()[-1]


def test_a_receipt_that_the_archive_lost_is_found(books: Books) -> None:
    post(books, today(1), today(2))
    books.counted(2)
    assert 0 == books.figures()[0]
    books.archive.delete_one({"number": "2"})

    status, report = books.verify("--wait", "1")

    assert (1, 1, 1) == (status, report["stored"], report["lost"])


def test_a_receipt_that_nobody_accepted_is_found(books: Books) -> None:
    post(books, today(1))
    books.counted(1)
    assert 0 == books.figures()[0]
    stored = books.archive.find_one({})
    books.archive.insert_one(stored | {"_id": "2026-11-21 08:00:01/1/1/999"})

    status, report = books.verify()

    found = (report["lost"], report["double_counted"], report["archived_alone"])
    assert (1, (0, 0, 1)) == (status, found)


def test_a_figure_that_was_tampered_with_is_found(books: Books) -> None:
    post(books, today(1))
    books.counted(1)
    assert 0 == books.figures()[0]
    books.archive.update_one({}, {"$inc": {"grossMinor": 1}})

    status, report = books.verify()

    found = [(each["what"], each["expected"], each["found"]) for each in report["differences"]]
    assert (1, [("archive: receipts and cents", "(1, 600)", "(1, 601)")]) == (status, found)


def test_kept_figures_that_were_tampered_with_are_found(books: Books) -> None:
    post(books, today(1))
    books.counted(1)
    with closing(sqlite3.connect(books.data_dir / LEDGER)) as ledger, ledger:
        ledger.execute(
            "UPDATE store_days SET body = ? WHERE store <> ''", (encode(StoreFigures()),)
        )

    status, report = books.verify()

    found = [
        (each["what"], each["store"], each["found"])
        for each in report["differences"]
        if each["what"].startswith("ledger")
    ]
    expected = [("ledger: kept figures of the store", "1", "0 receipts, 0 cents")]
    assert (1, expected) == (status, found)


@pytest.mark.parametrize("source", ["log", "archive"])
def test_a_rebuilt_ledger_is_adopted_and_counts_on(books: Books, source: str) -> None:
    post(books, today(1), today(2))
    books.counted(2)
    assert 0 == books.figures()[0]

    recounted = books.command("recount", "--from", source)
    post(books, today(3))

    snapshot = books.counted(3)
    assert (0, 1800) == (recounted.returncode, snapshot.sum_minor)
    assert 0 == books.figures()[0]


class StopAt(threading.Event):
    """A stop that comes when it is looked for the nth time."""

    def __init__(self, look: int) -> None:
        super().__init__()
        self._looks_left = look

    def is_set(self) -> bool:
        self._looks_left -= 1
        return self._looks_left <= 0


@pytest.mark.parametrize("look", [1, 2, 3])
def test_a_stopped_recount_leaves_all_as_it_was(
    broker: BlockingConnection,
    amqp_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    look: int,
) -> None:
    monkeypatch.setattr(parallel_decoding, "BATCH_BYTES", 1)  # a batch for each message
    environ = {"AMQP_URL": amqp_url, "DATA_DIR": str(tmp_path)}
    loaded = settings.load(VerifySettings, environ)
    channel = broker.channel()
    channel.confirm_delivery()
    for number in range(6):
        if number == 3:
            recount(loaded, "log", threading.Event())
            before = kept(loaded)
        persistent = pika.BasicProperties(delivery_mode=2)
        channel.basic_publish(topology.RECEIPTS, "", stamped(receipt(number)), persistent)

    with pytest.raises(StoppedError):
        recount(loaded, "log", StopAt(look))

    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert (before, []) == (kept(loaded), [child for child in children if forked(child)])
    recount(loaded, "log", threading.Event())
    assert 6 == len(kept(loaded)[1])


def kept(loaded: VerifySettings) -> tuple[list[str], list[bytes]]:
    """The files of the ledger, and the identities in it."""
    path = loaded.ledger_path()
    with Ledger(path) as ledger:
        identities = kept_keys(ledger)
    return sorted(file.name for file in path.parent.iterdir()), identities


def forked(child: str) -> bool:
    """Whether a process of ours runs the tests as well: it was forked, and nothing else started."""
    return Path(f"/proc/{child}/cmdline").read_bytes() == Path("/proc/self/cmdline").read_bytes()


def test_three_currencies_on_one_day_agree_in_every_book_and_after_a_recount(books: Books) -> None:
    post(books, today(1), *(today(n, currency=code) for n, code in ((2, "JPY"), (3, "KWD"))))
    books.counted(1)

    proved = books.verify("--by-store")
    recounted = books.command("recount")
    again = books.verify()

    assert [0, 0, 0] == [proved[0], recounted.returncode, again[0]]
    assert [(3, 3, 3, [])] * 2 == [
        (report["accepted"], report["stored"], report["counted"], report["differences"])
        for _, report in (proved, again)
    ]
