"""Whether a request that changes or makes something comes from a page of this dashboard. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def foreign(headers: Mapping[str, str]) -> str:
    """Why a request may come from another site's page; empty where it is one of ours. Pure.

    A page of another site cannot send JSON without asking first, which nobody answers. A browser
    says besides where a request comes from; a program without a browser has nobody's sign-in.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "the body has to be application/json"
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "only pages of this dashboard may ask this"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return "only pages of this dashboard may ask this"
    return ""
