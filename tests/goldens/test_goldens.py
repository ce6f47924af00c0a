"""The lists of what is missing are true: all that is missing stands there, and nothing else.

    python -m tests.goldens.test_goldens

writes them anew.
"""

import re
from pathlib import Path

import wireroom.ops
from wireroom.api import enums
from wireroom.api.operations import OPERATIONS
from wireroom.ops._op import WRITTEN

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REASONS = {
    "AccessDeniedException": enums.AccessDeniedExceptionReason,
    "ConflictException": enums.ConflictExceptionReason,
    "ServiceQuotaExceededException": enums.ServiceQuotaExceededExceptionReason,
    "ValidationException": enums.ValidationExceptionReason,
}


def unwritten() -> list[str]:
    """Operations that the service has and we do not."""
    assert wireroom.ops.__all__
    return sorted(OPERATIONS.keys() - WRITTEN.keys())


def untested() -> list[str]:
    """Written operations that no operation test calls through boto3."""
    tests = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/ops").glob("*.py")))
    return sorted(
        name for name, written in WRITTEN.items() if not re.search(rf"\b{written.model.function}\b", tests)
    )


def never_raised() -> list[str]:
    """`Exception REASON` pairs that no code of ours names, so that nobody can have met them."""
    ours = [
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "src/wireroom").rglob("*.py"))
        if path.parent.name not in ("api", "tables")
    ]
    named = set(re.findall(r"\.([A-Z][A-Z_]+)\b", "\n".join(ours)))
    return sorted(
        f"{code} {reason}" for code, kind in REASONS.items() for reason in kind if reason not in named
    )


LISTS = {"unwritten.txt": unwritten, "untested.txt": untested, "reasons_never_raised.txt": never_raised}


def _listed(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def test_the_unwritten_operations_are_those_that_are_listed() -> None:
    assert unwritten() == _listed("unwritten.txt")


def test_the_untested_operations_are_those_that_are_listed() -> None:
    assert untested() == _listed("untested.txt")


def test_the_reasons_that_nothing_raises_are_those_that_are_listed() -> None:
    assert never_raised() == _listed("reasons_never_raised.txt")


if __name__ == "__main__":
    for name, true in LISTS.items():
        (HERE / name).write_text("".join(f"{line}\n" for line in true()), encoding="utf-8")
