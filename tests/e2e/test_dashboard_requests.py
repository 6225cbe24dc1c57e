"""What the dashboard answers to requests that its pages never make, and when it cannot start."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Response
from pymongo import MongoClient

from tests.support.archived_receipts import archived
from tests.support.dashboards import PARIS, START_SECONDS, Dashboard, Workers, viewing
from tests.support.day_figures import keep_figures
from tillstream.clock import BusinessDay
from tillstream.runtime.process import EX_CONFIG, EX_PORT_TAKEN
from tillstream.stores import StoreTable

DATABASE = "dashboard-requests"
MANAGER, PASSWORD = "mia", "a long password"
#: Of the whole chain, as `Workers` tell them, and of the store that is another's.
CHAINS = ("1234.56", "123456", "234.56", "23456", "73456", "77777", "777.77")
CALL = "_dash-update-component"


@pytest.fixture(scope="module")
def url(amqp_url: str, mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a dashboard with a sign-in, and a manager of store 17."""
    users = tmp_path_factory.mktemp("users") / "users.toml"
    added = subprocess.run(
        [
            *(sys.executable, "-m", "dashboard", "users", "--file", str(users)),
            *("add", MANAGER, "--role", "manager", "--store", "17"),
        ],
        input=f"{PASSWORD}\n",
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert 0 == added.returncode
    own = Dashboard(
        AMQP_URL=amqp_url,
        MONGO_URL=mongo_url,
        MONGO_DATABASE=DATABASE,
        DASHBOARD_USER="chef",
        DASHBOARD_PASSWORD="crème",
        USERS_FILE=str(users),
    )
    yield own.start().url
    own.close()
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(DATABASE)


def call(pathname: str, search: str = "") -> bytes:
    """The browser's call for the page at an address."""
    return json.dumps(
        {
            "output": "page.children",
            "outputs": {"id": "page", "property": "children"},
            "inputs": [{"id": "language", "property": "data", "value": "en"}],
            "changedPropIds": ["language.data"],
            "state": [
                {"id": "location", "property": "pathname", "value": pathname},
                {"id": "location", "property": "search", "value": search},
            ],
        }
    ).encode()


def test_it_tells_without_a_sign_in_that_it_lives_and_is_ready(url: str) -> None:
    statuses = [httpx.get(f"{url}{path}").status_code for path in ("health/live", "health/ready")]

    assert ([200, 200], 401) == (statuses, httpx.get(url).status_code)


WRONG = [
    ("GET", "day", b"", 400),
    ("GET", "part?store=a&store=b", b"", 400),
    ("GET", "part?store=%ff", b"", 400),
    ("GET", "part?category=%ed%a0%80", b"", 400),
    ("GET", "days/state?stor=7", b"", 400),
    ("GET", "day?day=", b"", 400),
    ("GET", "day?day=20261121", b"", 400),
    ("GET", "day?day=2026-W01-1", b"", 400),
    ("GET", "day?day=2026-13-40", b"", 400),
    ("GET", "day?day=9999-12-31", b"", 400),
    ("GET", "day?day=%00", b"", 400),
    ("GET", "day?day=%ff", b"", 400),
    ("GET", f"part?store={'x' * 201}", b"", 400),
    ("GET", f"part?category={'x' * 201}", b"", 400),
    ("GET", "assets/%2e%2e/app.py", b"", 404),
    ("GET", "assets/%00", b"", 404),
    ("GET", "_dash-component-suites/a/b", b"", 404),
    ("GET", "_dash-component-suites/dash/%2e%2e/%2e%2e/x", b"", 404),
    ("POST", CALL, b"", 400),
    ("POST", CALL, b"{", 400),
    ("POST", CALL, b"\xff", 400),
    ("POST", CALL, b"[]", 400),
    ("POST", CALL, b'{"output": "x.y"}', 400),
    ("POST", CALL, b" " * 1_000_000, 400),
    ("POST", CALL, call("/store/\ud800"), 400),
    ("POST", "part", b"", 405),
    ("POST", "stream", b"", 405),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), WRONG)
def test_a_wrong_request_is_told_so(
    url: str, method: str, path: str, body: bytes, status: int
) -> None:
    answer = httpx.request(method, url + path, content=body, auth=("chef", "crème"))

    assert (status, True) == (answer.status_code, bool(answer.text))


RIGHT = [
    ("GET", "part?store=%00", b""),
    ("GET", "part?store=%24where", b""),
    ("GET", "part?store=%24ne&category=..", b""),
    ("GET", "day?day=1900-01-01", b""),
    ("GET", "day?day=2999-12-31", b""),
    ("GET", "store/%ff", b""),
    ("GET", "receipt/%00", b""),
    ("POST", CALL, call("/store/a\x00")),
    ("POST", CALL, call("/receipt/a\x00")),
    ("POST", CALL, call("/receipt/%ff%00" + "x" * 20_000)),
    ("POST", CALL, call("/store", "?id=" + "x" * 20_000)),
    ("POST", CALL, call("/store/x", "?category=%ff&window=%00&category=" + "&" * 2_000)),
    ("POST", CALL, call("/replay/2999-12-31")),
    ("POST", CALL, call("/replay/1000-01-01")),
    ("POST", CALL, call("")),
]


@pytest.mark.parametrize(("method", "path", "body"), RIGHT)
def test_a_name_that_nobody_has_is_answered(url: str, method: str, path: str, body: bytes) -> None:
    answer = httpx.request(
        method,
        url + path,
        content=body,
        auth=("chef", "crème"),
        headers={"Content-Type": "application/json"},
        timeout=20,
    )

    assert 200 == answer.status_code


def test_a_port_that_is_taken_ends_the_start_with_one_line(amqp_url: str, mongo_url: str) -> None:
    settings = {"AMQP_URL": amqp_url, "MONGO_URL": mongo_url, "MONGO_DATABASE": DATABASE}

    def started(host: str, port: int) -> tuple[int, list[str]]:
        ran = subprocess.run(
            [sys.executable, "-m", "dashboard"],
            env=os.environ | settings | {"DASHBOARD_HOST": host, "DASHBOARD_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        return ran.returncode, ran.stderr.splitlines()

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = started("127.0.0.1", port)
    elsewhere = started("192.0.2.1", port)

    assert (
        EX_PORT_TAKEN,
        [f"error: port {port} is taken by another program; set DASHBOARD_PORT to a free port"],
    ) == taken
    assert (EX_CONFIG, 1) == (elsewhere[0], len(elsewhere[1]))


def heard_by(browser: Browser, url: str, user: dict[str, str], pages: dict[str, str]) -> str:
    """All that a browser got of some pages, but the application itself; what each waits for."""
    got: list[Response] = []
    heard: list[str] = []
    texts: list[str] = []
    with viewing(browser, url, "health/live", http_credentials=user, locale="fr-FR") as page:
        page.on("response", lambda response: got.append(response))
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.eventSourceMessageReceived", lambda event: heard.append(event["data"]))
        for path, shown in pages.items():
            frames = len(heard)
            page.goto(url + path)
            page.wait_for_selector(shown, timeout=30_000)
            while len(heard) < frames + 2:
                page.wait_for_timeout(100)
            # Bodies are kept until the next page is opened.
            for each in got:
                ours = not any(part in each.url for part in ("/assets/", "_dash-c", "/stream"))
                if ours and each.status in {200, 403}:
                    texts.append(each.text())
            got.clear()
            texts.append(page.content())
    return "\n".join([*texts, *heard])


def test_a_manager_gets_the_own_stores_figures_and_none_of_the_chain(
    browser: Browser, url: str, amqp_url: str, mongo_url: str
) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client, Workers(amqp_url):
        client[DATABASE]["receipts"].insert_many(
            [archived("17", 2, Pain=4321), archived("12", 2, Pain=77_777)]
        )
        keep_figures(client[DATABASE], StoreTable(BusinessDay(PARIS), {}))
        of_mia = heard_by(
            browser,
            url,
            {"username": MANAGER, "password": PASSWORD},
            {
                # Leads to the store, whose figures are exact.
                "": '#store-page #store-revenue[data-value="43.21"]',
                "products": "#products-page",
                "days?range=30d": "#days-page",
                "replay": "#replay-page",
                "operations": "#refused-page",
            },
        )
        of_chef = heard_by(
            browser,
            url,
            {"username": "chef", "password": "crème"},
            {"": '#revenue[data-value="1234.56"]'},
        )

    assert [] == [figure for figure in CHAINS if figure in of_mia]
    assert "Pas pour vous" in of_mia
    # What is looked for is there for those who may see it.
    assert {"1234.56", "234.56", "73456"} <= {each for each in CHAINS if each in of_chef}
