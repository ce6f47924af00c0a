"""Settings: what cannot be meant is refused by name, wherever it was written."""

from pathlib import Path

import pytest

from wireroom.config import ConfigError, Disk, PriceRow, Retention, lifetime, load


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "wireroom.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[retention]\nmesages = '1d'", "mesages"),
        ("[retention]\nmessages = 'a while'", "a while"),
        ("[retention]\ntokens = 'forever'", "forever"),
        ("[retention]\nnewest = -1", "retention.newest"),
        ("[disk]\nmin_free_percent = -0.5", "disk.min_free_percent"),
        ("[disk]\nmin_free_bytes = -1", "disk.min_free_bytes"),
        ("[sender_ids]\nGB = 'MAYBE'", "sender_ids.GB"),
        ("[[prices]]\nprice = 'cheap'", "cheap"),
        ("[[prices]]\nprice = '0.0000001'", "0.0000001"),
        ("[[prices]]\ncost = '1'", "price"),
        ("[simulate]\naccount = 'closed'", "simulate.account"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(written(tmp_path, text), {})


def test_tables_can_be_given_in_the_environment() -> None:
    settings = load(
        None,
        {
            "WIREROOM_RETENTION": '{messages = "90d", newest = 0}',
            "WIREROOM_DISK": "{min_free_percent = 1}",
            "WIREROOM_PRICES": '[{country = "US", price = "0.00581", carrier_fee = "0.00302"}]',
            "WIREROOM_SENDER_IDS": '{GB = "SUPPORTED"}',
        },
    )
    assert settings.retention == Retention(messages="90d", newest=0)
    assert settings.disk == Disk(min_free_percent=1)
    assert settings.prices == (PriceRow("0.00581", "0.00302", "US"),)
    assert settings.sender_ids == {"GB": "SUPPORTED"}


def test_for_ever_is_no_time_at_all() -> None:
    assert lifetime("forever") is None
    assert lifetime("2d") == 172_800_000
