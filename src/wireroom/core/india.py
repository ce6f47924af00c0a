"""India's two ways for a text: local routes, and the international one, which is dearer (data-plane §1.7).

A sender ID goes by local routes when the text names the entity and the template that the senders' register
of India knows, and is sent from one of India's Regions (since 2025-04-30). Whether the text fits its template
only the carriers know: that shows in an event, never in an answer.
"""

from collections.abc import Mapping

from wireroom.core.numbers import IdentityKind

ILDO = "ILDO"
"""The kind under which a text by the international route (international long distance) is priced."""

REGIONS = ("ap-south-1", "ap-south-2")
PARAMETERS = ("IN_ENTITY_ID", "IN_TEMPLATE_ID")


def local_route(region: str, kind: IdentityKind, parameters: Mapping[str, str] | None) -> bool:
    """Does a text to India go by local routes? `parameters` are its DestinationCountryParameters."""
    return kind is IdentityKind.SENDER_ID and not _wanting(region, parameters)


def said(region: str, parameters: Mapping[str, str] | None) -> str:
    """Which way a text with a sender ID goes to India, and what it would need to go the cheaper one."""
    wanting = _wanting(region, parameters)
    if not wanting:
        return "India: by local routes"
    needed = " and ".join(wanting)
    return f"India: by the international route (ILDO), which is dearer; local routes need {needed}"


def _wanting(region: str, parameters: Mapping[str, str] | None) -> list[str]:
    wanting = [name for name in PARAMETERS if not (parameters or {}).get(name)]
    if region not in REGIONS:
        wanting.append(f"a send from {' or '.join(REGIONS)}")
    return wanting
