"""Settings are typed, and every problem is told at once."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tillstream.errors import SettingsError
from tillstream.runtime.settings import (
    BrokerSettings,
    MongoSettings,
    Port,
    Settings,
    StoreTimeSettings,
    load,
    redacted,
)


@dataclass(frozen=True, kw_only=True)
class Example(StoreTimeSettings, BrokerSettings):
    """Settings of a process that does not exist."""

    example_port: Port = 3000
    data_dir: Path = Path("var")


def test_settings_are_read_by_their_upper_case_names() -> None:
    actual = load(
        Example,
        {
            "AMQP_URL": "amqp://u:p@host/",
            "EXAMPLE_PORT": "3001",
            "DATA_DIR": "/data",
            "STORE_TIMEZONE": "America/Cayenne",
        },
    )

    expected = Example(
        amqp_url="amqp://u:p@host/",
        example_port=3001,
        data_dir=Path("/data"),
        store_timezone="America/Cayenne",
    )
    assert expected == actual


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Example, {"EXAMPLE_PORT": "0", "STORE_TIMEZONE": "Mars/Base"})

    named = sorted(problem.partition("=")[0].split()[0] for problem in caught.value.problems)

    assert ["AMQP_URL", "EXAMPLE_PORT", "STORE_TIMEZONE"] == named


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e19", "9" * 30, "abc", "1_0", "0x10"])
@pytest.mark.parametrize("name", ["SECONDS", "COUNT"])
def test_a_number_that_nothing_can_count_to_is_refused(name: str, number: str) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Unbounded(Settings):
        seconds: float = 1.0
        count: int = 1

    with pytest.raises(SettingsError) as caught:
        load(Unbounded, {name: number})

    assert [True] == [problem.startswith(f"{name}=") for problem in caught.value.problems]


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@host/",
        "'amqp://user:secret@host/'",
        ' "amqp://user:secret@host/"',
        "amqp:/user:secret@host",
        "user:secret@host",
        "http://[user:secret@host",
        "http://user:sec@ret/secret@host/",
    ],
)
def test_no_message_holds_a_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Example, {"AMQP_URL": url})

    said = str(caught.value)
    assert "secret" not in said
    assert "ret/" not in said
    assert "amqp://user:password@localhost:5672/" in said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("DATA_DIR", "'/data'", "DATA_DIR=\"'/data'\"; leave the quotes around it out"),
        ("DATA_DIR", "/data\n", "DATA_DIR='/data\\n'; leave the white space around it out"),
        ("CURRENCY", " EUR", "CURRENCY=' EUR'; leave the white space around it out"),
        ("LOG_FORMAT", "JSON", "LOG_FORMAT='JSON': it is console or json"),
        ("EXAMPLE_PORT", '"3000"', "; leave the quotes around it out"),
        ("MONGO_DATABASE", "admin", "and not admin, config or local, which are MongoDB's own"),
        ("AMQP_URL", "http://h/", "it begins with amqp:// or amqps://; for example amqp://"),
        ("EXAMPLE_PORT", "0", "it is a whole number, at least 1; for example 3000"),
        ("EXAMPLE_PORT", "http", "it is a whole number; for example 3000"),
        ("BUSINESS_DAY_CUTOFF_HOUR", "4.0", "'4.0': it is a whole number: write 4"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(name: str, text: str, said: str) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Asked(Example, MongoSettings):
        pass

    given = {"AMQP_URL": "amqp://h/", "MONGO_URL": "mongodb://h/", name: text}
    with pytest.raises(SettingsError) as caught:
        load(Asked, given)

    assert [True] == [said in problem for problem in caught.value.problems]


def test_a_secret_may_begin_and_end_with_anything() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Secret(Settings):
        example_password: str = ""

    assert "' x '" == load(Secret, {"EXAMPLE_PASSWORD": "' x '"}).example_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://u:p@host:5672/v", "amqp://***@host:5672/v"),
        ("amqp://host/", "amqp://host/"),
        ("3000", "3000"),
    ],
)
def test_credentials_are_cut_from_urls(url: str, shown: str) -> None:
    actual = redacted(url)

    assert shown == actual
