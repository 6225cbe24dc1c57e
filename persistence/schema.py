"""What the database of the archive has: collections, indexes, a validator, one version of it all.

Each step of a migration may be done again; a database that a newer Tillstream has prepared is
left alone.
"""

from collections.abc import Callable

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import CollectionInvalid

from persistence.settings import RetentionSettings
from tillstream.archive import NAMES_CURRENCY, Document
from tillstream.errors import TillstreamError

#: The collection that says what was done, and the only document in it.
SCHEMA = "schema"

#: Raised with every change below.
VERSION = 6

#: What a day's minutes and sums are read from, without the receipts, and a page of all receipts, in
#: order. Each further index costs mongod a tenth of a receipt's time.
DAY_INDEX = [
    ("businessDay", ASCENDING),
    ("date", ASCENDING),
    ("_id", DESCENDING),
    ("grossMinor", ASCENDING),
]
#: What a page of a store's receipts is read from, in order.
STORE_INDEX = [("store", ASCENDING), ("date", DESCENDING), ("_id", ASCENDING)]

#: What sums of each currency but the euro are read from. Receipts whose documents name no currency
#: are not in it, and cost nothing.
CURRENCY_INDEX = [
    ("businessDay", ASCENDING),
    ("currency", ASCENDING),
    ("store", ASCENDING),
    ("grossMinor", ASCENDING),
]

#: Collections and their indexes; `_id` has one of its own.
INDEXES: dict[str, list[list[tuple[str, int]]]] = {
    "receipts": [DAY_INDEX, STORE_INDEX],
    "conflicts": [],
    "dead_letters": [],
}

#: By which field a collection's documents grow old, and the name of the index that drops them.
#: Receipts are dropped by the day, once they are in Parquet (persistence/tiers).
AGE = {"conflicts": "receivedAt", "dead_letters": "lastAt"}
RETENTION_INDEX = "retention"

#: Indexes of earlier versions, by name.
DROPPED = {"receipts": ("businessDay_1_date_1_grossMinor_1", "date_-1__id_1", RETENTION_INDEX)}

_TEXT = {"bsonType": "string"}
_MINOR = {"bsonType": "long"}

#: What a receipt's document must have (decision 5), and the types of what is summed and searched.
RECEIPT_SCHEMA = {
    "bsonType": "object",
    "required": [
        *("_id", "store", "till", "number", "date", "utcOffsetSeconds", "businessDay"),
        *("receivedAt", "storedAt", "grossMinor", "netMinor", "taxMinor", "lines", "payments"),
        "raw",
    ],
    "properties": {
        "businessDay": _TEXT,
        "date": {"bsonType": "date"},
        "utcOffsetSeconds": {"bsonType": "int"},
        "receivedAt": {"bsonType": "date"},
        "grossMinor": _MINOR,
        "netMinor": _MINOR,
        "taxMinor": _MINOR,
        "currency": _TEXT,
        "lines": {"bsonType": "array"},
        "payments": {"bsonType": "array"},
    },
}


class NewerSchemaError(TillstreamError):
    """The database was prepared by a newer Tillstream."""


def migrate(
    database: Database[Document], retention: RetentionSettings, remake_older: Callable[[], object]
) -> bool:
    """Bring a database to VERSION; whether anything was to be done.

    `remake_older` brings documents of earlier versions to the layout of this one.

    Raises NewerSchemaError, and PyMongoError: what was done until then is no harm.
    """
    wanted = {"version": VERSION, "retentionDays": retention.days()}
    found = database[SCHEMA].find_one({"_id": SCHEMA}) or {}
    if found.get("version", 0) > VERSION:
        raise NewerSchemaError(
            f"the database {database.name!r} has schema {found['version']}, and this Tillstream"
            f" knows {VERSION}: use a newer Tillstream"
        )
    if all(found.get(name) == value for name, value in wanted.items()):
        return False
    for name, indexes in INDEXES.items():
        _create(database, name)
        for index in indexes:
            database[name].create_index(index)
        for dropped in set(DROPPED.get(name, ())) & database[name].index_information().keys():
            database[name].drop_index(dropped)
    database["receipts"].create_index(CURRENCY_INDEX, partialFilterExpression=NAMES_CURRENCY)
    for name, days in retention.days().items():
        _retain(database, name, days)
    validator = {"$jsonSchema": RECEIPT_SCHEMA}
    database.command("collMod", "receipts", validator=validator, validationLevel="strict")
    remake_older()
    # Last: a migration that was interrupted is done again.
    database[SCHEMA].update_one({"_id": SCHEMA}, {"$set": wanted}, upsert=True)
    return True


def _create(database: Database[Document], name: str) -> None:
    try:
        database.create_collection(name)
    except CollectionInvalid:
        return  # it is there


def _retain(database: Database[Document], name: str, days: int) -> None:
    """Let MongoDB drop documents that are older than so many days; 0 keeps them for ever."""
    collection = database[name]
    known = collection.index_information().get(RETENTION_INDEX)
    seconds = days * 86_400
    if known is not None and known.get("expireAfterSeconds") != seconds:
        collection.drop_index(RETENTION_INDEX)
    if days:
        collection.create_index(
            [(AGE[name], ASCENDING)], name=RETENTION_INDEX, expireAfterSeconds=seconds
        )
