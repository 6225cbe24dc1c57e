"""Every mistake of alerts.toml is told at once, with its line and a proposal."""

from pathlib import Path

import pytest

from alerts import rules_file
from alerts.settings import AlertsSettings
from alerts.targets import load as load_targets
from tillstream.errors import SettingsError
from tillstream.streams.mistakes import DefinitionError

ROOT = Path(__file__).resolve().parents[3]


def test_every_mistake_is_told_with_its_line_and_a_proposal(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(
        """\
[[rule]]
name = "Zero"
kind = "store_at_zro"

[[rule]]
name = "zero"
kind = "store_at_zero"
after = "1 hour"
hours = "Monday 9-5"
send_to = ["opps"]
severity = "bad"
percent = 3

[[rule]]
name = "low"
kind = "revenue_below_usual"
percent = 20
end_percent = 30
scope = "shop"

[[rule]]
name = "low"
kind = "returns_unusual"
"""
    )
    with pytest.raises(DefinitionError) as told:
        rules_file.load(path, ["ops"])

    assert [
        "2: rule 1: name = 'Zero': small letters, digits and -, at most 40",
        "3: rule 1: kind = 'store_at_zro'; did you mean 'store_at_zero'?",
        "8: rule 2: after = '1 hour': write a number and one of ms, s, min, h, days, such as"
        " `10 min`",
        "9: rule 2: hours: '9-5' is no time of opening such as 06:30-19:30, or off",
        "10: rule 2: no target 'opps' is set; did you mean 'ops'?",
        "11: rule 2: severity = 'bad'; there are critical, info, warning",
        "12: rule 2: unknown key 'percent'; there are after, enabled, hours, kind, name, send_to,"
        " severity, until",
        "18: rule 3: 'end_percent' has to be from 0 to percent",
        "19: rule 3: scope = 'shop'; there are chain, region, store",
        "21: rule 4: 'percent' is missing",
        "22: rule 4: there is a rule 'low' before it; take another name",
    ] == sorted(
        (line.removeprefix(f"{path}:") for line in told.value.problems),
        key=lambda line: (int(line.partition(":")[0]), line),
    )


def test_the_file_that_comes_with_it_has_every_kind_and_sends_to_whatever_is_set() -> None:
    rules = rules_file.load(ROOT / "alerts.toml", ["mail", "chat"])

    assert set(rules_file.KINDS) == {rule.kind for rule in rules}
    assert {("chat", "mail")} == {rule.send_to for rule in rules}


def test_no_address_is_told_whatever_is_wrong_with_a_target(tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"
    path.write_text('mail = "mailto:/sesame@x"\nbroken = sesame\n')
    settings = AlertsSettings(amqp_url="amqp://x", mongo_url="mongodb://x", alert_targets_file=path)
    environ = {"ALERT_TARGET_CHAT": "slack://sesame", "ALERT_TARGET_A B": "sesame"}
    with pytest.raises(SettingsError) as told:
        load_targets(settings, environ)

    assert 3 == len(told.value.problems)
    assert "sesame" not in str(told.value)


def test_targets_come_from_the_environment_and_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"
    path.write_text('shops = "json://127.0.0.1:9/x"\n')
    settings = AlertsSettings(amqp_url="amqp://x", mongo_url="mongodb://x", alert_targets_file=path)
    environ = {
        "ALERT_TARGET_OPS": "json://127.0.0.1:9/y",
        "ALERT_TARGET_NONE": "",
        "ALERT_TARGETS_FILE": str(path),
    }

    assert {"ops", "shops"} == set(load_targets(settings, environ))
