"""When an alert begins and ends, by an injected clock."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.hysteresis import Hysteresis
from alerts.reading import Look, Reading

BAD = Look({"store:1": Reading("store:1", bad=True, well=False, facts={})})
BETWEEN = Look({"store:1": Reading("store:1", bad=False, well=False, facts={})})
WELL = Look({"store:1": Reading("store:1", bad=False, well=True, facts={})})


class Rule:
    """A rule with its one subject, by a clock that is told."""

    def __init__(self, after: float = 10, until: float = 5) -> None:
        self._hysteresis = Hysteresis(after, until)
        self.open = False

    def at(self, now: float, look: Look | None) -> str:
        turn = self._hysteresis.turn(look, {"store:1"} if self.open else set(), now)
        if turn.begins:
            self.open = True
            return "begins"
        if turn.ends:
            self.open = False
            return "ends"
        return ""


def test_what_is_bad_for_so_long_begins_and_what_is_well_for_so_long_ends() -> None:
    rule = Rule()
    told = [
        rule.at(now, look)
        for now, look in (
            (0, BAD),
            (9, BAD),
            (10, BAD),
            (20, BAD),
            (21, WELL),
            (25, WELL),
            (26, WELL),
        )
    ]

    assert ["", "", "begins", "", "", "", "ends"] == told


def test_what_is_interrupted_waits_again() -> None:
    rule = Rule()
    told = [rule.at(now, look) for now, look in ((0, BAD), (9, WELL), (10, BAD), (19, BAD))]

    assert ["", "", "", ""] == told
    assert "begins" == rule.at(20, BAD)


def test_between_the_thresholds_nothing_begins_and_nothing_ends() -> None:
    rule = Rule(0, 0)
    told = [rule.at(now, look) for now, look in enumerate((BETWEEN, BAD, BETWEEN, BETWEEN, WELL))]

    assert ["", "begins", "", "", "ends"] == told


def test_what_nobody_knows_neither_begins_nor_ends_and_starts_the_wait_again() -> None:
    rule = Rule()
    told = [rule.at(now, look) for now, look in ((0, BAD), (9, None), (15, BAD), (24, BAD))]
    begins = rule.at(25, BAD)
    after = [rule.at(now, look) for now, look in ((26, WELL), (29, None), (32, WELL), (36, WELL))]

    assert ["", "", "", ""] == told
    assert "begins" == begins
    assert ["", "", "", ""] == after


def test_what_the_data_say_to_be_bad_since_long_ago_begins_when_it_is_seen_for_a_while() -> None:
    rule = Rule(3600)
    since = Look({"store:1": BAD.readings["store:1"]._replace(since=1_000.0)})
    told = [rule.at(now, since) for now in (4_410, 4_590, 4_600)]

    assert ["", "", "begins"] == told


def test_a_store_whose_receipts_of_today_are_about_to_come_is_no_alert() -> None:
    rule = Rule(3600)
    since = Look({"store:1": BAD.readings["store:1"]._replace(since=1_000.0)})
    told = [rule.at(now, look) for now, look in ((9_000, since), (9_170, since), (9_175, WELL))]

    assert ["", "", ""] == told
    assert ["", "begins"] == [rule.at(now, since) for now in (9_200, 9_380)]


def test_a_subject_that_is_named_no_more_is_well_only_where_all_are_named() -> None:
    rule = Rule(0, 0)
    rule.at(0, BAD)

    assert "" == rule.at(1, Look({}, complete=False))
    assert "ends" == rule.at(2, Look({}))


@given(
    st.lists(st.tuples(st.floats(0, 5), st.sampled_from([BAD, BETWEEN, WELL, None])), max_size=60),
    st.floats(0, 20),
    st.floats(0, 20),
)
def test_begins_and_ends_take_turns_and_each_waited_for_its_time(
    steps: list[tuple[float, Look | None]], after: float, until: float
) -> None:
    rule, now, told = Rule(after, until), 0.0, []
    seen: list[tuple[float, Look | None]] = []
    for seconds, look in steps:
        now += seconds
        seen.append((now, look))
        if event := rule.at(now, look):
            told.append(event)
            wanted, wait = (BAD, after) if event == "begins" else (WELL, until)
            first = next((at for at, each in reversed(seen) if each is not wanted), float("-inf"))
            begun = min(at for at, each in seen if each is wanted and at >= first)
            assert now - begun >= wait

    assert told == ["begins", "ends"] * (len(told) // 2) + ["begins"] * (len(told) % 2)
