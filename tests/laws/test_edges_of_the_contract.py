"""Each field at its edges, as the contract's own schema gives them: inside, and just outside."""

from typing import Any

import msgspec
import pytest

from entrypoint.refusals import InvalidReceiptError, NotJsonError
from loadtest.fuzz import contract, outputs, reference
from loadtest.fuzz.stores import by_name
from tests.laws import rooms
from tests.support.receipts import line, receipt

FIELDS = {each.name: each for each in contract.fields()}
STORES = by_name()
CATALOGUE = {"transactionType": "sale", "receiptUUID": contract.UUIDS[0], "customerID": 7}


def refusal(door: rooms.Door, sent: dict[str, Any]) -> list[str]:
    """The paths that a refusal names; none where the receipt is taken."""
    try:
        door.post(msgspec.json.encode(sent))
    except InvalidReceiptError as refused:
        return [each.path for each in refused.violations]
    return []


def whole(**changes: Any) -> dict[str, Any]:
    """A receipt with every field of the contract."""
    return receipt(4711) | CATALOGUE | changes


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_at_the_edge_goes_through_every_output(name: str) -> None:
    for value in FIELDS[name].inside():
        sent = contract.changed(whole(), FIELDS[name].path, value)
        door = rooms.Door()
        key = door.post(msgspec.json.encode(sent))
        store = STORES.get(str(sent["storeID"]), STORES["1"])
        expected = {key: reference.facts(sent, store)}
        documents = rooms.archived(door.lines).documents

        assert expected == {key: outputs.of_document(documents[key])}, value
        assert expected == rooms.of_parquet(documents.values()), value
        assert expected == {key: rooms.of_api(documents[key])}, value
        _, hour = reference.day_and_hour(sent["date"], store)
        adding = reference.Adding()
        adding.add(expected[key], hour, reference.kind_of(sent))
        assert adding.sums() == rooms.ledger_sums(rooms.counted(door.lines)), value


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_beyond_the_edge_is_refused_and_its_path_is_named(name: str) -> None:
    for value in FIELDS[name].outside():
        sent = contract.changed(whole(), FIELDS[name].path, value)
        door = rooms.Door()
        paths = refusal(door, sent)

        assert any(path == name or path.startswith(f"{name}.") for path in paths), (value, paths)
        assert [] == door.lines


@pytest.mark.parametrize("name", [each.name for each in FIELDS.values() if each.required])
def test_a_field_that_is_missing_is_named(name: str) -> None:
    sent = whole()
    at: Any = sent
    *way, last = FIELDS[name].path
    for part in way:
        at = at[part]
    del at[last]

    with pytest.raises(InvalidReceiptError) as refused:
        rooms.Door().post(msgspec.json.encode(sent))

    assert [name] == [each.path for each in refused.value.violations]


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
@pytest.mark.parametrize("name", ["date", "currency", "lines", "documentTotal", "settlements"])
def test_a_field_that_stands_there_twice_is_taken_alike_in_every_currency(
    name: str, currency: str
) -> None:
    def answer(code: str) -> bool:
        body = msgspec.json.encode(whole(currency=code))
        door = rooms.Door()
        try:
            door.post(b'{"%b":"x",%b' % (name.encode(), body[1:]))
        except InvalidReceiptError:
            return False
        return True

    assert answer(currency) == answer("CHF")


@pytest.mark.parametrize("name", ["lines", "settlements"])
def test_the_longest_list_is_taken_and_a_longer_one_is_not(name: str) -> None:
    most = contract.schema()["properties"][name]["maxItems"]
    item = whole()[name][0]
    door = rooms.Door()
    key = door.post(msgspec.json.encode(whole(**{name: [item] * most})))
    found = rooms.archived(door.lines).documents[key]
    facts = rooms.of_api(found)

    assert most == len(facts.lines if name == "lines" else facts.tenders)
    with pytest.raises(InvalidReceiptError):
        door.post(msgspec.json.encode(whole(**{name: [item] * (most + 1)})))


def test_sums_of_the_largest_amounts_hold_with_margin() -> None:
    """A million receipts of the most lines, each at the edge, stay within 64 bits."""
    scales = {"quantity": 1000, "settlementAmount": 100, "creditAmount": 100, "grossTotal": 100}
    most_lines = contract.schema()["properties"]["lines"]["maxItems"]
    largest = max(
        abs(contract.bound(each.schema, low)) * scales[str(each.path[-1])]
        for each in FIELDS.values()
        if each.path[-1] in scales
        for low in (True, False)
    )

    assert largest * most_lines * 1_000_000 < 2**63 / 4


@pytest.mark.parametrize("currency", ["EUR", "KWD"])
@pytest.mark.parametrize("depth", [1, 63, 64, 65, 66, 500, *range(930, 984), 100_000])
def test_what_is_nested_too_deeply_is_refused_and_all_else_is_read_by_every_room(
    depth: int, currency: str
) -> None:
    body = msgspec.json.encode(whole(lines=[line()], currency=currency))
    inner = b"[" * depth + b"]" * depth
    door = rooms.Door()
    try:
        key = door.post(b'%b,"deep":%b}' % (body[:-1], inner))
    except (NotJsonError, InvalidReceiptError):
        taken = False
    else:
        taken = True
        documents = rooms.archived(door.lines).documents
        assert [key] == list(documents) == list(rooms.of_parquet(documents.values()))
        assert 1 == rooms.counted(door.lines).identities.count

    # The object around it is one level.
    assert taken == (depth + 1 <= 64)
