"""The keywords that every number and pool has (data-plane §4.1).

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
# Neither can be deleted.
DEFAULT_KEYWORDS = (HELP, STOP)
