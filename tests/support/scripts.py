"""Runs scripts of the dashboard's assets in Node, without a browser."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import dashboard
from dashboard.pages import currency_choice
from dashboard.pages.languages import script_data
from tests.conftest import missing

ASSETS = Path(dashboard.__file__).parent / "assets"
NODE_SECONDS = 20
#: As much of a browser as scripts need that only compute.
_PAGE = """
const vm = require("vm"), fs = require("fs");
const [files, languages, stores, currencies, currency, tag, expression] =
  JSON.parse(fs.readFileSync(0, "utf8"));
const given = { languages, "store-names": stores, currencies };
const location = { pathname: "/", search: `?currency=${currency}` };
const getElementById = (id) => ({ textContent: given[id] });
const document = { documentElement: {}, getElementById };
const context = { document, navigator: { languages: [tag] }, location, Intl, URLSearchParams,
  console };
context.window = context;
vm.createContext(context);
for (const filename of files)
  vm.runInContext(fs.readFileSync(filename, "utf8"), context, { filename });
console.log(JSON.stringify(vm.runInContext(`(() => (${expression}))()`, context) ?? null));
"""


def evaluated(
    expression: str, *scripts: str, tag: str = "en-GB", stores: str = "{}", currency: str = "EUR"
) -> Any:
    """The value of a JavaScript expression as JSON has it; `t` is what the scripts have added.

    `stores`: their names, as the document has them; `currency`: that of the address.
    """
    node = shutil.which("node")
    if node is None:
        missing("no node on the PATH: it runs the dashboard's scripts")
    names = ("10-language.js", "11-currency.js", "12-format.js", *scripts)
    given = [
        [str(ASSETS / name) for name in names],
        script_data(),
        stores,
        currency_choice.script_data(["EUR", currency]),
        currency,
        tag,
        f"((t) => ({expression}))(window.tillstream)",
    ]
    done = subprocess.run(
        [str(node), "-e", _PAGE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=NODE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
