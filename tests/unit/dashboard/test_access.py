"""Every route and page belongs to roles; what belongs to none is refused, and so is a stranger."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from dashboard import (
    alerts_routes,
    app,
    days_routes,
    explore_routes,
    online_routes,
    products_routes,
    routes,
    stores_routes,
    workbook_routes,
)
from dashboard.access import passwords, rules
from dashboard.access.reader import EVERYTHING, NOBODY, Reader, Role
from dashboard.access.sign_in import Headers, Proxy, SignIn
from dashboard.access.users_file import User, Users, UsersFile
from dashboard.archive.filters import Filters
from dashboard.archive.receipts import ReceiptLife
from dashboard.pages.navigation import BUSINESS, MORE, ways
from dashboard.pages.router import Pages, Place
from dashboard.security import OPEN_PATHS, Guard
from dashboard.state import frames
from dashboard.state.model import Model
from dashboard.state.store_days import StoreDays
from dashboard.stream import Broadcaster
from tests.support import snapshots
from tillstream.clock import BusinessDay
from tillstream.stores import Store, StoreTable
from tillstream.streams.mistakes import DefinitionError

NOW = 1_764_000_000.0
CALENDAR = BusinessDay(ZoneInfo("Europe/Paris"))
TABLE = StoreTable(
    CALENDAR,
    {},
    {name: Store(name, f"Shop {name}", region) for name, region in (("17", "Nord"), ("9", ""))},
)
PASSWORD = "a long password"
SECRET = "secret of the proxy"
#: Hashing takes long on purpose: once for all tests.
HASH = passwords.hashed(PASSWORD)
DIRECTOR = User("dora", ("director",), password=HASH)
OPERATOR = User("omar", ("operator",), password=HASH)
MANAGER = User("mia", ("manager",), stores=("17",), password=HASH)
ROLES: dict[User, frozenset[Role]] = {
    each: frozenset(each.roles) for each in (DIRECTOR, OPERATOR, MANAGER)
}


def nothing(*_: object, **__: object) -> Any:
    """Of the archive, which no route of these tests reaches."""
    raise ValueError("asked")


FAKE: Any = SimpleNamespace(
    answer=nothing,
    day=nothing,
    state=nothing,
    count=nothing,
    log=nothing,
    rows=nothing,
    operation=nothing,
    stores=nothing,
    today=nothing,
    acknowledge=nothing,
    filtered=nothing,
    find=nothing,
)


def users_of(tmp_path: Path, *users: User) -> Users:
    file = UsersFile(tmp_path / "users.toml")
    for user in users:
        file.put(user)
    return Users(file, TABLE, time.time)


class Swapped(SignIn):
    """Another one for each test: the application takes seconds to put together."""

    def __init__(self) -> None:
        super().__init__(time.time)
        self.now = SignIn(time.time)

    async def who(self, headers: Headers) -> Reader:
        return await self.now.who(headers)


def built(sign_in: SignIn) -> Guard:
    """The application with all its routes."""
    guard, _, swapped = application()
    swapped.now = sign_in
    return guard


@cache
def application() -> tuple[Guard, FastAPI, Swapped]:
    """Once for all tests, and where its routes are."""
    swapped = Swapped()
    model = Model(CALENDAR, NOW)
    days = StoreDays(TABLE, model, lambda: NOW)
    kept: list[FastAPI] = []
    guard = app.build(
        Broadcaster(model, lambda: NOW, 10),
        Pages(model, days, FAKE, clock=lambda: NOW),
        Filters(model, days, FAKE, lambda: NOW),
        lambda: True,
        lambda: NOW,
        swapped,
        also=[
            routes.health(model, lambda: NOW),
            routes.operation(FAKE),
            routes.replay(lambda _: FAKE),
            routes.jobs(FAKE),
            alerts_routes.alerts(FAKE),
            explore_routes.explore(FAKE),
            online_routes.online(FAKE),
            products_routes.products(lambda _: FAKE),
            days_routes.days(lambda _: FAKE, TABLE),
            stores_routes.stores(lambda _: FAKE),
            workbook_routes.workbook(),
            # What somebody adds, and nobody assigns.
            lambda server: server.add_api_route("/fresh", lambda: "figures", methods=["GET"]),
            kept.append,
        ],
    )
    asyncio.run(started(guard))
    return guard, kept[0], swapped


async def started(guard: Guard) -> None:
    """Dash adds its last route when the server starts."""
    messages = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> Any:
        return {"type": next(messages)}

    async def send(_: Any) -> None:
        """Nobody waits for it."""

    await guard({"type": "lifespan", "state": {}}, receive, send)


def asked(guard: Guard, *requests: tuple[str, str, dict[str, str]]) -> list[httpx.Response]:
    """Answers to method, path and headers, one after the other, as one server gives them."""

    async def scene() -> list[httpx.Response]:
        transport = httpx.ASGITransport(guard, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return [await client.request(how, path, headers=h) for how, path, h in requests]

    return asyncio.run(asyncio.wait_for(scene(), 60))


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_every_route_of_the_application_is_assigned_but_the_one_that_was_forgotten() -> None:
    _, server, _ = application()

    paths = {str(getattr(route, "path", "")) for route in server.routes}

    assert {"/fresh"} == paths - set(rules.ROUTES) - OPEN_PATHS
    assert set() == set(rules.ROUTES) - paths


def test_every_page_is_assigned() -> None:
    pages = get_args(get_type_hints(Place)["page"])

    assert set(pages) == set(rules.PAGES)
    assert {way.page for way in (*BUSINESS, *MORE)} <= set(pages)


def test_each_role_may_ask_its_routes_and_no_other(tmp_path: Path) -> None:
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, *ROLES)))
    # The stream of a server that has no loop never ends; `{` stands for paths of Dash's own.
    paths = [p for p in (*rules.ROUTES, "/fresh") if p not in {"/stream", "/"} and "{" not in p]
    posted = {"/alerts/acknowledge", "/workbook", "/_dash-update-component"}

    for user, roles in ROLES.items():
        requests = [("POST" if path in posted else "GET", path, basic(user.name)) for path in paths]
        refused = {
            path
            for path, answer in zip(paths, asked(guard, *requests), strict=True)
            if "your roles may not ask" in answer.text
        }

        assert {p for p in paths if not rules.ROUTES.get(p, frozenset()) & roles} == refused


def test_a_page_of_another_role_is_forbidden_and_drawn_as_refused(tmp_path: Path) -> None:
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, *ROLES)))
    pages = ("/", "/stores", "/operations", "/days", "/store?id=17", "/store?id=9", "/replay")

    statuses = {
        user.name: [
            each.status_code
            for each in asked(guard, *(("GET", page, basic(user.name)) for page in pages))
        ]
        for user in ROLES
    }

    assert {
        "dora": [200, 200, 403, 200, 200, 200, 200],
        "omar": [307, 403, 200, 403, 403, 403, 403],
        "mia": [307, 403, 403, 200, 200, 403, 200],
    } == statuses


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/part", 403),
        ("/part?store=9", 403),
        ("/part?region=Nord", 403),
        ("/days/state?store=9", 403),
        ("/days/state?region=Nord", 403),
        ("/products/state?store=9", 403),
        ("/products/state?region=Nord", 403),
        ("/choices?region=Nord", 403),
        ("/choices", 200),
    ],
)
def test_a_manager_asks_for_no_other_store(tmp_path: Path, path: str, status: int) -> None:
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, MANAGER)))

    (answer,) = asked(guard, ("GET", path, basic("mia")))

    assert status == answer.status_code
    assert "9" not in json.dumps(answer.json().get("stores", []))


def test_what_is_asked_of_no_store_is_of_the_managers_own() -> None:
    mia = MANAGER.reader(TABLE)
    nord = User("nora", ("manager",), stores=("9",), regions=("Nord",)).reader(TABLE)

    assert (("17",), ("17",), ("9", "17"), None) == (
        mia.within(""),
        mia.within("17"),
        nord.within(""),
        EVERYTHING.within("", "Nord"),
    )
    assert (False, [], ["17"]) == (NOBODY.sees("17"), NOBODY.only(["17"]), mia.only(["9", "17"]))


def test_the_document_names_the_stores_of_its_reader_only(tmp_path: Path) -> None:
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, DIRECTOR, MANAGER)))

    dora, mia = (
        each.text
        for each in asked(
            guard, ("GET", "/stores", basic("dora")), ("GET", "/store?id=17", basic("mia"))
        )
    )

    assert ([True, True], [False, True]) == (
        [f"Shop {store}" in dora for store in ("9", "17")],
        [f"Shop {store}" in mia for store in ("9", "17")],
    )


def test_the_ways_are_those_that_one_may_go() -> None:
    def links(reader: Reader) -> set[str]:
        text = json.dumps(ways("", reader, TABLE), default=lambda part: part.to_plotly_json())
        return {part.split('"')[0] for part in text.split('"href": "')[1:]}

    assert {"/operations", "/jobs", "/alerts", "/explore"} == links(OPERATOR.reader(TABLE))
    assert {"/store?id=17", "/products", "/days", "/replay"} == links(MANAGER.reader(TABLE))
    assert {way.path for way in (*BUSINESS, *MORE)} == links(EVERYTHING)


def test_a_receipt_of_another_store_is_as_if_there_were_none() -> None:
    model = Model(CALENDAR, NOW)
    found: list[ReceiptLife | None] = [ReceiptLife({"store": "9"}, []), None]
    receipts: Any = SimpleNamespace(find=lambda _: found.pop(0))
    pages = Pages(model, StoreDays(TABLE, model, lambda: NOW), receipts, clock=lambda: NOW)

    of_another, of_nobody = (
        json.dumps(
            pages.render("/receipt", "en", "?key=1/2/3", MANAGER.reader(TABLE)),
            default=lambda part: part.to_plotly_json(),
        )
        for _ in range(2)
    )

    assert of_nobody == of_another
    assert "no such receipt" in of_another


def test_a_frame_without_figures_has_the_states_and_times_alone() -> None:
    model = Model(CALENDAR, NOW)
    day = CALENDAR.on(NOW).isoformat()
    model.take(snapshots.count(NOW, 123_456, 100, day), NOW)
    model.take(snapshots.categories(NOW, day, Pain=23_456), NOW)
    model.take(snapshots.breakdowns(NOW, day, store={"12": 98_765}), NOW)
    model.tick(NOW)
    whole = model.frame(1, NOW, whole=True)

    bare = frames.event(frames.bare(whole)).decode()

    assert ["1234.56", "234.56", "98765"] == [
        each for each in ("1234.56", "234.56", "98765") if each in frames.event(whole).decode()
    ]
    assert [] == [each for each in ("1234", "234.56", "98765", "Pain") if each in bare]
    assert whole.feeds == frames.bare(whole).feeds


def test_a_password_is_hashed_once_however_often_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashings: list[bytes] = []
    matches = passwords.matches

    def counted(password: bytes, kept: str) -> bool:
        hashings.append(password)
        return matches(password, kept)

    monkeypatch.setattr(passwords, "matches", counted)
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, MANAGER)))
    right = [("GET", "/days", basic("mia"))] * 20
    wrong = [("GET", "/days", basic("mia", "wrong"))] * 20

    statuses = [each.status_code for each in asked(guard, *right, *wrong)]

    assert [200] * 20 + [401] * 20 == statuses
    assert [PASSWORD.encode(), b"wrong"] == hashings


def test_guesses_at_a_name_are_slowed_down_and_whoever_is_in_stays_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda password, _: password == PASSWORD.encode())
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, MANAGER)))
    guesses = [
        ("GET", "/days", basic(name, f"{n}")) for name in ("mia", "nobody") for n in range(20)
    ]

    first, *statuses, last = (
        each.status_code
        for each in asked(
            guard, ("GET", "/days", basic("mia")), *guesses, ("GET", "/days", basic("mia"))
        )
    )

    # Of a name that there is as of one that there is not: nothing tells them apart.
    assert [200, *[401] * 9, *[429] * 11, *[401] * 10, *[429] * 10, 200] == [first, *statuses, last]


PROXY = Proxy(b"x-forwarded-user", SECRET.encode())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-User": "mia", "X-Tillstream-Proxy-Secret": SECRET}, 200),
        ({"X-Forwarded-User": "mia"}, 403),
        ({"X-Forwarded-User": "mia", "X-Tillstream-Proxy-Secret": "another"}, 403),
        ({"X-Forwarded-User": "eve", "X-Tillstream-Proxy-Secret": SECRET}, 403),
        ({"X-Forwarded-User": "dora", **basic("mia")}, 403),
        ({"X-Tillstream-Proxy-Secret": SECRET}, 401),
        (basic("mia"), 200),
    ],
)
def test_a_name_in_a_header_counts_with_the_proxys_secret_only(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    users = users_of(tmp_path, MANAGER, DIRECTOR)
    trusting = built(SignIn(lambda: NOW, users=users, proxy=PROXY))
    (answer,) = asked(trusting, ("GET", "/days", headers))

    assert status == answer.status_code


def test_without_the_setting_no_header_names_anybody(tmp_path: Path) -> None:
    guard = built(SignIn(lambda: NOW, users=users_of(tmp_path, DIRECTOR)))
    named = {"X-Forwarded-User": "dora", "X-Tillstream-Proxy-Secret": SECRET}

    assert [401] == [each.status_code for each in asked(guard, ("GET", "/days", named))]


def test_a_user_who_is_removed_or_changed_is_out_within_a_second(tmp_path: Path) -> None:
    file = UsersFile(tmp_path / "users.toml")
    file.put(MANAGER)
    moment = [NOW]
    users = Users(file, TABLE, lambda: moment[0])
    sign_in = SignIn(lambda: moment[0], users=users)

    def who() -> Callable[[], Reader]:
        headers = [(name.lower().encode(), each.encode()) for name, each in basic("mia").items()]
        return lambda: asyncio.run(sign_in.who(headers))

    before = who()()
    file.put(User("mia", ("manager",), stores=("9",), password=HASH))
    moment[0] += 1
    moved = who()()
    (tmp_path / "users.toml").write_text("[[user]]\nname = 3")
    moment[0] += 1
    damaged = who()()

    assert (("17",), ("9",), ("9",)) == (before.stores, moved.stores, damaged.stores)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "toml:1: not TOML"),
        ('[[user]]\nname = "a"\nroles = ["directr"]', "toml:3: .*did you mean 'director'"),
        ('[[user]]\nname = "a"\nrole = ["director"]', "toml:3: .*did you mean 'roles'"),
        ('[[users]]\nname = "a"', "toml:1: .*did you mean 'user'"),
        ('[[user]]\nname = "a"\nroles = ["manager"]\nstores = [17]', "toml:4: .*a whole number"),
        ('[[user]]\nname = "a"\nroles = ["manager"]\nregions = [""]', "toml:4: .*an empty text"),
        ('[[user]]\nname = "a:b"\nroles = ["director"]', "no colon"),
        ('[[user]]\nname = "a"\nroles = []', "one or more"),
        ('[[user]]\nname = "a"\nroles = ["manager"]', "has stores"),
        ('[[user]]\nname = "a"\nroles = ["director"]\nstores = ["1"]', "has stores"),
        ('[[user]]\nname = "a"\nroles = ["manager", "operator"]\nstores = ["1"]', "no other role"),
        ('[[user]]\nname = "a"\nroles = ["director"]\npassword = "plain"', "no hash"),
        ("# " + "x" * 1_000_000, "larger than"),
        ('[[user]]\nname = "a"\nroles = ["director"]\n' * 2, "before it"),
    ],
)
def test_a_file_that_does_not_hold_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "users.toml").write_text(text)

    with pytest.raises(DefinitionError, match=said):
        UsersFile(tmp_path / "users.toml").users()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    odd = User('Zoé "la chef" \\ 💡', ("manager",), ("1", 'a"b'), ("Île",), HASH)
    users_of(tmp_path, odd, DIRECTOR)
    file = UsersFile(tmp_path / "users.toml")

    assert {odd.name: odd, "dora": DIRECTOR} == file.users()
    assert (True, False, 0o600) == (
        file.remove("dora"),
        file.remove("dora"),
        file.path.stat().st_mode & 0o777,
    )


@pytest.mark.parametrize(
    "user",
    [
        User("mia", ("manager",), stores=("17", "")),
        User("mia", ("manager",), stores=("17 ",)),
        User("mia", ("manager",), stores=("17", "x" * 65)),
        User("mia", ("manager",), regions=("",)),
    ],
)
def test_a_store_that_no_receipt_can_have_is_nobodys(user: User) -> None:
    assert user.problem()
