"""A refusal is in the log with the next request after a second, whichever that is."""

import io

from tillstream.http.access_log import FLUSH_SECONDS, AccessLog


def test_a_refusal_does_not_wait_for_the_next_one() -> None:
    now, out = [0.0], io.StringIO()
    access = AccessLog("entrypoint", "refused", lambda: now[0], out)
    access.note("r1", "POST", "/receipt", 503, 0.1)
    access.note("r2", "POST", "/receipt", 202, 0.1)
    before = out.getvalue()
    now[0] += FLUSH_SECONDS
    access.note("r3", "POST", "/receipt", 202, 0.1)

    assert ("", 1) == (before, out.getvalue().count('"status":503'))
