"""How the stores of STORES_FILE are called on the pages; the browser has `assets/13-stores.js`."""

import json

from dashboard.access.reader import EVERYTHING, Reader
from dashboard.pages.formatting import Verbatim, of_data
from tillstream.stores import Store, StoreTable


def numbered(store: Store) -> Verbatim:
    """The name with the number behind it, else the number."""
    return of_data(f"{store.name} ({store.store})" if store.name else store.store)


def script_data(table: StoreTable, reader: Reader = EVERYTHING) -> str:
    """Names by number that a reader sees, as JSON that may stand within an element `script`."""
    seen = (each for each in table.stores.values() if reader.sees(each.store))
    names = {each.store: each.name for each in seen if each.name}
    text = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
    # No markup.
    return text.replace("<", "\\u003c")
