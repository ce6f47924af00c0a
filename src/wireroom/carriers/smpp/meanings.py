"""What a carrier's answers and receipts mean, by its settings: its own codes, its way with message ids."""

from collections import OrderedDict
from collections.abc import Callable

from wireroom.api.enums import EventType
from wireroom.carrier_settings import RETRY, THROTTLED, CarrierSettings
from wireroom.carriers.smpp import codes, message_ids
from wireroom.carriers.smpp.message_ids import Form, Rule

PLAIN = Rule()
RULES = {
    "plain": PLAIN,
    "hex": PLAIN,  # the same in both places: nothing to be done but what is done to all ids
    "decimal": PLAIN,
    "hex-decimal": Rule(Form.HEXADECIMAL, Form.DECIMAL),
    "decimal-hex": Rule(Form.DECIMAL, Form.HEXADECIMAL),
}


def overlay_of(carrier: CarrierSettings) -> codes.Overlay:
    """A carrier's own codes, as `codes` wants them."""
    return codes.Overlay(
        statuses={int(status, 16): _verdict(meaning) for status, meaning in carrier.statuses.items()},
        states={state.upper(): EventType(meaning) for state, meaning in carrier.states.items()},
        errs={_err(err): EventType(meaning) for err, meaning in carrier.errors.items()},
        spam=frozenset(map(_err, carrier.spam)),
    )


def _verdict(meaning: str) -> codes.Verdict:
    if meaning in (RETRY, THROTTLED):
        return codes.Retry(throttled=meaning == THROTTLED)
    return codes.Failed(EventType(meaning))


def _err(text: str) -> str:
    """Without leading zeros where it is a number."""
    return (text.lstrip("0") or "0") if text.isascii() and text.isdigit() else text.upper()


class Ids:
    """The id by which the line knows a segment, out of what an answer says, and out of what a receipt says.

    It is always the answer's, without what carriers vary (zeros, case, NULs). The rule of a carrier that has
    none set is learned: answers are remembered for a while, and the first receipt whose id fits a remembered
    answer by one rule only tells it.
    """

    def __init__(
        self, rule: str, learned: Callable[[Rule], None] = lambda rule: None, most: int = 20_000
    ) -> None:
        self._rule = RULES.get(rule)
        self._learned = learned
        self._most = most
        self._answers: OrderedDict[str, None] = OrderedDict()

    def answered(self, raw: str) -> str:
        found = message_ids.plain(raw)
        if self._rule is None and found:
            self._answers[found] = None
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return found

    def receipted(self, raw: str) -> str:
        if self._rule == PLAIN:
            return message_ids.plain(raw)
        guesses = message_ids.candidates(raw)
        if self._rule is None:
            known = [(rule, guess) for rule, guess in guesses if guess in self._answers]
            # A digit alone is the same in every form, and proves nothing.
            if len(known) == 1 and len(guesses) > 1 and len(known[0][1]) > 1:
                self._rule = known[0][0]
                self._answers.clear()
                self._learned(self._rule)
            return known[0][1] if known else guesses[0][1]
        return next((guess for rule, guess in guesses if rule == self._rule), guesses[0][1])
