"""What the carrier sends us: receipts are heard, then acknowledged (duties 16 to 21).

All that comes while others are being heard is heard together next. What cannot be heard now is refused for
now, and comes again. Texts from handsets are refused for now, too: nobody takes them yet.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wireroom.api.enums import EventType
from wireroom.carriers.port import Hear, Receipt
from wireroom.carriers.smpp import codes, receipts
from wireroom.carriers.smpp import pdu as p
from wireroom.carriers.smpp import status as st
from wireroom.carriers.smpp.alphabets import Alphabet
from wireroom.carriers.smpp.client import Bind
from wireroom.carriers.smpp.meanings import Ids
from wireroom.carriers.smpp.receipts import Kind

log = logging.getLogger(__name__)

AT_ONCE = 256
"""Receipts that are heard together."""
HEARINGS = 2
"""How many such groups at the same time: one is written while another is on its way."""


class _Heard(NamedTuple):
    bind: Bind
    request: p.Request
    receipt: Receipt


class Receiver:
    """Hears for one carrier. `count` counts what is odd."""

    def __init__(
        self,
        name: str,
        hear: Hear,
        ids: Ids,
        overlay: codes.Overlay,
        alphabet: Alphabet,
        count: Callable[[str], None],
    ) -> None:
        self._name = name
        self._hear = hear
        self._ids = ids
        self._overlay = overlay
        self._alphabet = alphabet
        self._count = count
        self._waiting: list[_Heard] = []
        self._hearing: set[asyncio.Task[None]] = set()

    def asked(self, bind: Bind, request: p.Request) -> None:
        """A request that wants an answer: now, or when it has been heard. `attend` follows."""
        if not isinstance(request, p.DeliverSm | p.DataSm):
            self._answer(bind, request, st.RINVCMDID)
            return
        found = receipts.read(request, self._alphabet)
        if found is None:
            self._count("texts from handsets refused for now")
            self._answer(bind, request, st.RX_T_APPN)
        elif found.kind in (Kind.HANDSET, Kind.USER):
            self._count(f"{found.kind}s")
            self._answer(bind, request, st.ROK)
        elif not found.message_id:
            self._count("receipts without an id")
            self._answer(bind, request, st.ROK)
        else:
            outcome = codes.event_of(found, self._overlay, lambda what: self._count(f"unmapped {what}"))
            expired = outcome is EventType.TEXT_TTL_EXPIRED
            receipt = Receipt(self._ids.receipted(found.message_id), outcome, expired)
            self._waiting.append(_Heard(bind, request, receipt))

    def attend(self) -> None:
        """Have heard what has come, unless enough is being heard already."""
        while self._waiting and len(self._hearing) < HEARINGS:
            group, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            hearing = asyncio.get_running_loop().create_task(self._have_heard(group), name=self._name)
            self._hearing.add(hearing)
            hearing.add_done_callback(self._heard)

    async def rest(self) -> None:
        """Come back when all that has come is heard."""
        while self._hearing:
            await asyncio.wait(self._hearing)

    def _heard(self, hearing: asyncio.Task[None]) -> None:
        self._hearing.discard(hearing)
        self.attend()

    async def _have_heard(self, group: Sequence[_Heard]) -> None:
        status = st.ROK
        try:
            await self._hear([each.receipt for each in group])
        except Exception:
            log.exception(
                "%s: %d receipts were not heard; the carrier sends them again", self._name, len(group)
            )
            self._count("receipts refused for now")
            status = st.RX_T_APPN
        answers: dict[Bind, list[tuple[p.Request, p.Response]]] = {}
        for bind, request, _ in group:
            answers.setdefault(bind, []).append((request, _response(request, status)))
        for bind, pairs in answers.items():
            bind.answer(pairs)

    @staticmethod
    def _answer(bind: Bind, request: p.Request, status: int) -> None:
        bind.answer([(request, _response(request, status))])


def _response(request: p.Request, status: int) -> p.Response:
    answering = request.response
    assert answering is not None  # or it would not have been asked
    return answering(0, status)
