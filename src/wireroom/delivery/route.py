"""Route: which link a text goes to, and its mark that it is being handed over now."""

from collections.abc import Mapping, Sequence, Set

from msgspec import Struct

from wireroom.api.enums import EventType
from wireroom.carriers.port import Carrier, OnDoubt, Segment
from wireroom.core.message import MessageStatus, PartStatus
from wireroom.core.text import split
from wireroom.delivery import alone, moves
from wireroom.sending.accept import LEASE, Job
from wireroom.store.rows import Message, Outbox, Part
from wireroom.store.tx import Read, Tx, Value

ROUTE = "route"
HANDING = "handing"


class Routed(Struct, frozen=True, gc=False):
    """A text with its link and the segments still to be handed over. `parts`: those handed before."""

    job: Job
    carrier: str
    segments: tuple[Segment, ...]
    parts: tuple[Part, ...]


def claim(tx: Tx, owner: str, machine_now: int, most: int, held: Set[str]) -> list[Job]:
    """Take due texts from the outbox that nobody else works on and that we do not hold in memory already."""
    due: list[Outbox] = tx.all("outbox_due", owner=owner, now=machine_now, most=most + len(held))
    rows = [row for row in due if row.message_id not in held][:most]
    tx.foresee(lambda: [(Message, (row.message_id,)) for row in rows])
    jobs: list[Job] = []
    for row in rows:
        job = _job(tx, row)
        if job is None:
            tx.delete(row)
            continue
        tx.update(row, lease_owner=owner, lease_until=machine_now + LEASE, doubt=job.doubt)
        jobs.append(job)
    return jobs


def resume(tx: Tx, jobs: Sequence[Job]) -> list[Job]:
    """Texts whose pass was broken off, as the outbox has them now; without those that it is done with."""
    rows = [tx.get(Outbox, job.message.message_id) for job in jobs]
    resumed = [_job(tx, row) for row in rows if row is not None]
    return [job for job in resumed if job is not None]


def _job(tx: Tx, row: Outbox) -> Job | None:
    """What is still to be done, or None where a reset removed the text in between."""
    message = tx.get(Message, row.message_id)
    if message is None:
        return None
    # Whoever was handing it over did not get to the end: what the carrier has of it, nobody knows.
    return Job(message, row.attempts, row.doubt or row.stage == HANDING, resumed=True)


def route(
    tx: Tx, jobs: Sequence[Job], carriers: Mapping[str, Carrier], owner: str, now: int, machine_now: int
) -> list[Routed]:
    """Choose a link for each text and mark it HANDING; what has no future ends here, with its event."""
    carrier = next(iter(carriers.values()))
    alone.with_texts(tx, (job.message.message_id for job in jobs))
    tx.foresee(lambda: [_parts_of(job) for job in jobs if _may_have_parts(job)])
    ready: list[Routed] = []
    for job in jobs:
        message = job.message
        if message.expires_at <= now:
            if _is_ours(tx, message, owner):
                moves.end(tx, message, EventType.TEXT_TTL_EXPIRED, now)
            continue
        parts: list[Part] = (
            tx.all("parts_of_message", message_id=message.message_id) if _may_have_parts(job) else []
        )
        missing = _missing(message, parts)
        if job.doubt and carrier.on_doubt is not OnDoubt.RESEND:
            if _is_ours(tx, message, owner):
                lost = [doubtful(message, number, carrier) for number in missing]
                tx.insert(*lost)
                moves.finish(tx, moves.move(tx, message, MessageStatus.SENT), [*parts, *lost], now)
            continue
        segments = tuple(_segments(message, missing, carrier))
        ready.append(Routed(job, carrier.name, segments, tuple(parts)))
    until = machine_now + LEASE
    changed = tx.execute_each("outbox_handing", [_handing(text, owner, until) for text in ready])
    return [text for text, count in zip(ready, changed, strict=True) if count]


def _may_have_parts(job: Job) -> bool:
    return job.resumed or job.attempts > 0


def _parts_of(job: Job) -> Read:
    return "parts_of_message", {"message_id": job.message.message_id}


def _is_ours(tx: Tx, message: Message, owner: str) -> bool:
    """Take it off the outbox; false where a reset has removed it, or another process holds it by now."""
    return bool(tx.execute("outbox_done", message_id=message.message_id, owner=owner))


def _handing(text: Routed, owner: str, until: int) -> dict[str, Value]:
    message_id = text.job.message.message_id
    return {"message_id": message_id, "carrier": text.carrier, "owner": owner, "until": until}


def _missing(message: Message, parts: Sequence[Part]) -> list[int]:
    there = {part.number for part in parts}
    return [number for number in range(1, message.part_count + 1) if number not in there]


def doubtful(message: Message, number: int, carrier: Carrier) -> Part:
    """A part of unknown fate on a link that must not get it twice: held for a receipt, or given up."""
    held = carrier.on_doubt is OnDoubt.HOLD
    status = PartStatus.SENT if held else PartStatus.UNKNOWN
    failure = None if held else EventType.TEXT_UNKNOWN
    return Part(message.message_id, number, status, carrier.name, None, failure, doubt=True)


def _segments(message: Message, missing: Sequence[int], carrier: Carrier) -> list[Segment]:
    texts = (message.body,) if message.part_count == 1 else split(message.body).parts
    wanted = carrier.receipts_for(message.origination_kind)
    return [
        Segment(
            message.message_id,
            number,
            message.part_count,
            message.origination,
            message.destination,
            message.country,
            texts[number - 1],
            message.encoding,
            wanted,
            message.expires_at,
            message.body,
        )
        for number in missing
    ]
