"""Keywords: how they are compared, and those that every number and pool has (data-plane §4.1, §4.2).

The texts are ours: AWS does not publish its own.
"""

from msgspec import Struct

from wireroom.api.enums import KeywordAction


class Keyword(Struct, frozen=True):
    """A word that a recipient may answer with, what happens then and what is said back."""

    keyword: str
    action: KeywordAction
    message: str


HELP = Keyword(
    "HELP",
    KeywordAction.AUTOMATIC_RESPONSE,
    "For help, contact the business that wrote to you. Reply STOP to get no more messages.",
)
STOP = Keyword(
    "STOP",
    KeywordAction.OPT_OUT,
    "You will get no more messages from this number. Ask its owner if you want them again.",
)
# Neither can be deleted, nor do something else.
DEFAULT_KEYWORDS = (HELP, STOP)
REQUIRED = frozenset(word.keyword for word in DEFAULT_KEYWORDS)


def upper(keyword: str) -> str:
    """The form in which a keyword is kept and answered: one for all its casings, and as long as it is.

    Character by character, because upper-casing a whole text makes it longer (ß → SS); what has no capital of
    its own stays small. By way of the small letter, so that the capitals of one letter (ẞ and ß, K and the
    Kelvin sign) become one.
    """
    return "".join(_upper(character) for character in keyword)


def _upper(character: str) -> str:
    small = character.lower()
    if len(small) > 1:
        return character
    capital = small.upper()
    return capital if len(capital) == 1 else small
