"""`wireroom serve --seed FILE`: calls that are made before the first request, in data that nobody has used.

The file is a JSON list of `{"operation": …, "parameters": {…}}`, with `account` and `region` where they are
not the usual ones. A step with `"as": "number"` lets later ones write `$number.PhoneNumberId`.
"""

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from wireroom.api.operations import OPERATIONS
from wireroom.config import ConfigError
from wireroom.edge.callers import DEFAULT_REGION, NOBODY
from wireroom.edge.chain import Chain
from wireroom.ops._op import Caller
from wireroom.store.engine import Engine

_REFERENCE = re.compile(r"\$(\w+)\.(\w+)")


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One call. `name` is what later steps call its answer."""

    operation: str
    parameters: dict[str, Any] = {}
    account: str = NOBODY
    region: str = DEFAULT_REGION
    name: str | None = field(default=None, name="as")


async def sow(chain: Chain, engine: Engine, path: Path) -> None:
    """Make the calls, in order; none where the data were used before. Raises ConfigError of the first that
    fails."""
    if await engine.read(lambda tx: tx.all("accounts_seen"), "seed"):
        return
    answers: dict[str, dict[str, Any]] = {}
    for number, step in enumerate(_read(path), 1):
        where = f"seed {path}, step {number} ({step.operation})"
        if step.operation not in OPERATIONS:
            raise ConfigError(f"{where}: there is no such operation")
        body = msgspec.json.encode(_filled(step.parameters, answers, where))
        caller = Caller(step.account, step.region, "seed")
        status, _, answer = await chain.invoke(caller, OPERATIONS[step.operation], body)
        found = msgspec.json.decode(answer)
        if status != 200:
            raise ConfigError(f"{where}: {found.get('Message') or found.get('message') or found['__type']}")
        if step.name is not None:
            answers[step.name] = found


def _read(path: Path) -> list[Step]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Step])
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"seed {path}: {error}") from error


def _filled(value: Any, answers: dict[str, dict[str, Any]], where: str) -> Any:
    """`value` with every `$name.Member` replaced by what that step answered."""
    match value:
        case dict():
            return {name: _filled(each, answers, where) for name, each in value.items()}
        case list():
            return [_filled(each, answers, where) for each in value]
        case str() if reference := _REFERENCE.fullmatch(value):
            name, member = reference.groups()
            if member not in answers.get(name, {}):
                raise ConfigError(f"{where}: {value} names nothing that an earlier step answered")
            return answers[name][member]
        case _:
            return value
