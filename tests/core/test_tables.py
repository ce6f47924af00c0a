"""The generated tables and the default keywords."""

import subprocess
import sys
from pathlib import Path

from wireroom.api.enums import AccountLimitName, ServiceQuotaExceededExceptionReason
from wireroom.core.keywords import DEFAULT_KEYWORDS
from wireroom.core.tables import countries, prices, quotas

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_are_those_that_the_generator_writes() -> None:
    command = [sys.executable, "tools/generate_tables.py", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_every_quota_reason_has_a_limit() -> None:
    spend = {f"MONTHLY_SPEND_LIMIT_REACHED_FOR_{channel}" for channel in quotas.SPEND_LIMITS_USD}
    assert set(quotas.QUOTAS) | spend == set(ServiceQuotaExceededExceptionReason)
    assert set(quotas.ACCOUNT_LIMITS) == set(AccountLimitName)
    assert all(isinstance(limit, int) and limit > 0 for limit in quotas.QUOTAS.values())


def test_every_send_has_a_price() -> None:
    assert ("*", "*") in prices.SMS


def test_the_countries_without_sender_ids_are_the_documented_ones() -> None:
    assert {countries.SENDER_ID[iso] for iso in ("US", "CA", "CN")} == {"NOT_SUPPORTED"}


def test_stop_and_help_are_there_from_the_start() -> None:
    assert [keyword.keyword for keyword in DEFAULT_KEYWORDS] == ["HELP", "STOP"]
