"""`[carriers.NAME]`: what is read, what is refused and in which words, and that the page on it is true."""

import re
from pathlib import Path

import msgspec
import pytest

from wireroom.app import App
from wireroom.carrier_settings import CarrierSettings
from wireroom.config import AuthMode, ConfigError, Settings, load

PAGE = Path(__file__).resolve().parent.parent / "docs/carriers.md"
LEAST = 'hosts = ["smsc.example.net:2775"]\nsystem_id = "acme"\n'


def settings(tmp_path: Path, keys: str = "", name: str = "east", **environment: str) -> Settings:
    file = tmp_path / "wireroom.toml"
    file.write_text(f"[carriers.{name}]\n{LEAST}{keys}\n")
    return load(file, environment)


def test_the_example_on_the_page_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "wireroom.toml"
    file.write_text(example)
    carrier = load(file, {"EAST_PASSWORD": "secret"}).carriers["east"]
    assert carrier.hosts[1] == "smpp2.example.net:3550"
    assert carrier.password == "secret"
    assert carrier.statuses == {"0x45": "TEXT_CARRIER_BLOCKED", "0x0413": "throttled"}


def test_the_page_has_every_key_and_every_default() -> None:
    page = PAGE.read_text()
    for field in msgspec.structs.fields(CarrierSettings):
        assert re.search(rf"`(\[…)?{field.name}\]?`", page), field.name
        if isinstance(field.default, str | int | float) and field.default not in ("", False, True):
            shown = f"{field.default:g}" if isinstance(field.default, float) else field.default
            assert f"`{shown}`" in page, field.name


def test_a_password_stands_in_no_representation(tmp_path: Path) -> None:
    found = settings(tmp_path, 'password = "hunter2"')
    assert "hunter2" not in repr(found)
    assert "hunter2" not in str(found.carriers["east"])


def test_a_password_comes_from_the_environment(tmp_path: Path) -> None:
    keys = 'password_env = "EAST"'
    assert settings(tmp_path, keys, EAST="hunter2").carriers["east"].password == "hunter2"
    with pytest.raises(ConfigError, match=r"carriers\.east\.password_env: the environment has no EAST"):
        settings(tmp_path, keys)
    with pytest.raises(ConfigError, match="password or password_env, not both"):
        settings(tmp_path, f'{keys}\npassword = "x"', EAST="y")


def test_carriers_may_come_from_the_environment() -> None:
    found = load(None, {"WIREROOM_CARRIERS": '{west = {hosts = ["a:1"], system_id = "x"}}'})
    assert found.carriers["west"].hosts == ("a:1",)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("windows = 5", r"unknown field `windows` - at `\$\.carriers"),
        ("window = 0", r"carriers\.east: window = 0: it is 1 to"),
        ("rate = -1.0", "rate = -1.0: it is 0 or more"),
        ('response = "0s"', r"carriers\.east\.response = '0s': it cannot be turned off"),
        ('enquire_link = "soon"', "'soon' is not a duration"),
        ('ca = "x.pem"', "ca needs tls = true"),
        ('tls = true\ncert = "x.pem"', "cert and key go together"),
        ('tls = true\npin = "abc"', "pin: it is the SHA-256"),
        ('bind = "rx"', r"Invalid enum value 'rx' - at `\$\.carriers"),
        ("priority = 256", "priority = 256: it is 0 to 255"),
        ('service_type = "TOOLONG"', "service_type: it is ASCII, at most 5 characters"),
        ("statuses = {69 = 'TEXT_SPAM'}", "'69' is no command_status"),
        ("statuses = {0x45 = 'TEXT_SPAN'}", r"statuses\.0x45 = 'TEXT_SPAN': it is an event type"),
        ("errors = {1 = 'retry'}", r"errors\.1 = 'retry': it is an event type"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(tmp_path: Path, keys: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        settings(tmp_path, keys)


@pytest.mark.parametrize("host", ["smsc.example.net", "smsc:0", "smsc:70000", "::1:2775", ":2775"])
def test_a_host_needs_its_port(tmp_path: Path, host: str) -> None:
    file = tmp_path / "wireroom.toml"
    file.write_text(f'[carriers.east]\nhosts = ["{host}"]\nsystem_id = "x"\n')
    with pytest.raises(ConfigError, match="is no host and port"):
        load(file, {})


@pytest.mark.parametrize("name", ["simulator", "East", "a b"])
def test_a_name_is_plain_and_not_the_simulators(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="the name of a carrier"):
        settings(tmp_path, name=f'"{name}"')


def test_a_real_carrier_needs_a_data_directory_and_keys(tmp_path: Path) -> None:
    carriers = settings(tmp_path).carriers
    with pytest.raises(ConfigError, match="serve with --data-dir"):
        App(Settings(carriers=carriers, auth=AuthMode.KEYS))
    with pytest.raises(ConfigError, match="serve with --auth keys, or with --insecure-open"):
        App(Settings(carriers=carriers, data_dir=str(tmp_path)))


def test_certificates_that_are_not_there_are_refused_at_the_start(tmp_path: Path) -> None:
    carriers = settings(tmp_path, 'tls = true\nca = "/nowhere/ca.pem"').carriers
    with pytest.raises(ConfigError, match=r"carriers\.east: ca, cert and key cannot be used"):
        App(Settings(carriers=carriers, auth=AuthMode.KEYS, data_dir=str(tmp_path)))
