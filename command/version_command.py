"""`tillstream version [--json]`."""

import platform

import msgspec

from tillstream.runtime import data_folder, product
from tillstream.version import VERSION


def text(*, as_json: bool) -> str:
    """Version, commit, Python, and the data folder's version that it works on."""
    commit = product.commit()
    if as_json:
        return msgspec.json.encode(
            {
                "version": VERSION,
                "commit": commit,
                "python": platform.python_version(),
                "dataFolder": data_folder.VERSION,
                "clone": product.IS_CLONE,
            }
        ).decode()
    known = f" ({commit})" if commit else ""
    return (
        f"tillstream {VERSION}{known}, Python {platform.python_version()},"
        f" data folder version {data_folder.VERSION}"
    )
