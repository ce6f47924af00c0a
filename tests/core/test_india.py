"""India's two ways for a text."""

import pytest

from wireroom.core.india import local_route, said
from wireroom.core.numbers import IdentityKind

BOTH = {"IN_ENTITY_ID": "1101", "IN_TEMPLATE_ID": "1107"}


@pytest.mark.parametrize("region", ["ap-south-1", "ap-south-2"])
def test_a_sender_id_with_both_parameters_goes_by_local_routes_from_india(region: str) -> None:
    assert local_route(region, IdentityKind.SENDER_ID, {**BOTH, "Keyword": "x"})
    assert said(region, BOTH) == "India: by local routes"


@pytest.mark.parametrize(
    ("region", "parameters", "wanting"),
    [
        ("ap-south-1", None, ("IN_ENTITY_ID", "IN_TEMPLATE_ID")),
        ("ap-south-1", {"IN_ENTITY_ID": "1101"}, ("IN_TEMPLATE_ID",)),
        ("ap-south-2", {"IN_TEMPLATE_ID": "1107"}, ("IN_ENTITY_ID",)),
        ("us-east-1", BOTH, ("ap-south-1",)),
        ("ap-southeast-1", {}, ("IN_ENTITY_ID", "IN_TEMPLATE_ID", "ap-south-1")),
    ],
)
def test_anything_less_goes_by_the_international_route(
    region: str, parameters: dict[str, str] | None, wanting: tuple[str, ...]
) -> None:
    assert not local_route(region, IdentityKind.SENDER_ID, parameters)
    words = said(region, parameters)
    assert "ILDO" in words
    assert all(name in words for name in wanting)


@pytest.mark.parametrize("kind", [kind for kind in IdentityKind if kind is not IdentityKind.SENDER_ID])
def test_only_sender_ids_have_local_routes(kind: IdentityKind) -> None:
    assert not local_route("ap-south-1", kind, BOTH)
