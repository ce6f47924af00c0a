"""Why an identity was chosen, kept once for all texts with the same story (table `whys`).

A story names every candidate, a hundred of them in a big pool, and tens of thousands of texts share it; a
message's row has its digest. Which stories are kept already is remembered after the commit that kept them,
under the place's revision and the day, so that a send mostly writes none, and a reset forgets them.
"""

from collections.abc import Sequence

from wireroom.core.routing import Story
from wireroom.sending.remembered import Remembered
from wireroom.store.tx import HandOver, Tx

KEPT = "story"
"""Where a transaction hands over that it kept a story; `note_kept` hears of it."""
_DAY = 86_400_000
_MOST_REMEMBERED = 10_000

_Key = tuple[str, int, str]
_kept: Remembered[_Key, _Key] = Remembered(_MOST_REMEMBERED)


def keep(tx: Tx, account_id: str, region: str, revision: str | None, story: Story, now: int) -> str:
    """Write the story down unless it was before, today; answers its id."""
    key = (revision or "", now // _DAY, story.id)
    if revision is None or _kept.get(key) is None:
        tx.write(
            "keep_why",
            account_id=account_id,
            region=region,
            why_id=story.id,
            used_on=now // _DAY,
            story=story.words,
        )
        if revision is not None:
            tx.hand_over(KEPT, key)
    return story.id


def note_kept(items: Sequence[HandOver]) -> None:
    """After a commit: these stories need not be written again."""
    for handed in items:
        if handed.to == KEPT:
            _kept.put(handed.item, handed.item)


def forget() -> None:
    """A server starts: its data may be a copy, of the same revision, that lacks what another one kept."""
    _kept.clear()
