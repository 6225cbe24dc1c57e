"""A flood of refused requests costs no memory."""

import gc
import weakref
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

from entrypoint.direct_protocol import DirectProtocol
from tillstream.http.problems import ProblemError


class SeenError(ProblemError):
    """One that can be seen to be gone."""


def test_a_refusal_is_gone_with_its_answer_and_waits_for_no_collection() -> None:
    alive: list[weakref.ref[ProblemError]] = []

    def admit(_: Any) -> None:
        try:
            raise ValueError("unsigned")
        except ValueError as error:
            problem = SeenError(HTTPStatus.UNAUTHORIZED, "unsigned", "no")
            alive.append(weakref.ref(problem))
            raise problem from error

    protocol: Any = SimpleNamespace(app=SimpleNamespace(admit=admit))

    def refuse() -> int:
        _, problem = DirectProtocol._admitted(protocol, {})
        assert problem is not None
        return problem.status

    gc.collect()
    gc.disable()
    try:
        status = refuse()

        assert (401, None) == (status, alive[0]())
    finally:
        gc.enable()


def test_what_the_application_refuses_is_counted_and_spends_no_budget() -> None:
    counted: list[int] = []
    answered: list[str] = []
    protocol: Any = SimpleNamespace(
        app=SimpleNamespace(refused=counted.append),
        # Its `count` would say in the log that a budget was spent.
        watch=SimpleNamespace(request_ids=SimpleNamespace(fresh=lambda: "7")),
    )
    exchange: Any = SimpleNamespace(answer=lambda _, request_id: answered.append(request_id))
    problem = ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "receiver-not-set-up", "no secret")

    DirectProtocol._answer_refused(protocol, exchange, problem)

    assert ([503], ["7"]) == (counted, answered)
