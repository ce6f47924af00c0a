"""Who speaks to whom."""

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireroom.api.enums import (
    ConflictExceptionReason as Conflict,
)
from wireroom.api.enums import (
    MessageType,
    NumberCapability,
    NumberStatus,
    ResourceType,
)
from wireroom.api.enums import (
    ValidationExceptionReason as Validation,
)
from wireroom.core.gates import Refused
from wireroom.core.numbers import Destination, IdentityKind, simulated
from wireroom.core.routing import Candidate, Chosen, Wish, pick, rank, shared_route
from wireroom.core.sender_ids import country_rule

TRANSACTIONAL, PROMOTIONAL = MessageType.TRANSACTIONAL, MessageType.PROMOTIONAL
WRONG_COUNTRY = Validation.INVALID_IDENTITY_FOR_DESTINATION_COUNTRY
US = Destination("+12065550123", "US")
CA = Destination("+14165550123", "CA")
GB = Destination("+447700900123", "GB")
FR = Destination("+33639980001", "FR")
PR = Destination("+17875550123", "PR")
US_SIMULATOR = Destination("+14254147755", "US")


def candidate(
    kind: IdentityKind = IdentityKind.TEN_DLC,
    country: str = "US",
    identity_id: str = "phone-1",
    *,
    types: tuple[MessageType, ...] = (TRANSACTIONAL,),
    capabilities: tuple[NumberCapability, ...] = (NumberCapability.SMS,),
    status: str = NumberStatus.ACTIVE,
    abroad: bool = False,
    registered: bool = True,
) -> Candidate:
    if kind is IdentityKind.RCS_AGENT:
        capabilities = (NumberCapability.RCS,)
    return Candidate(
        kind, f"+{identity_id}", identity_id, country, types, capabilities, status, abroad, registered
    )


def choose(
    candidates: Sequence[Candidate],
    to: Destination,
    asked: MessageType | None,
    *,
    direct: bool = False,
    sticky: str | None = None,
    degraded: Mapping[str, str] | None = None,
    default_sender: str | None = None,
) -> Chosen | Refused:
    wish = Wish(to.country, simulated(to.number) is not None, asked, default_sender)
    return pick(
        rank(candidates, wish, country_rule(to.country, {})), direct=direct, sticky=sticky, degraded=degraded
    )


def chosen(answer: Chosen | Refused) -> Candidate:
    assert isinstance(answer, Chosen), answer
    return answer.candidate


def refused(answer: Chosen | Refused) -> Refused:
    assert isinstance(answer, Refused), answer
    return answer


candidates = st.lists(
    st.builds(
        candidate,
        st.sampled_from(IdentityKind),
        st.sampled_from(["US", "CA", "GB", "PR", "IN"]),
        st.integers(0, 10**6).map("phone-{:07}".format),
        types=st.sampled_from([(TRANSACTIONAL,), (PROMOTIONAL,), (TRANSACTIONAL, PROMOTIONAL)]),
        capabilities=st.sampled_from([(NumberCapability.SMS,), (NumberCapability.VOICE,)]),
        status=st.sampled_from([NumberStatus.ACTIVE, NumberStatus.PENDING]),
        abroad=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda c: c.identity_id,
)
destinations = st.sampled_from([US, CA, GB, PR, US_SIMULATOR, Destination("+919876543210", "IN")])
types = st.sampled_from([None, TRANSACTIONAL, PROMOTIONAL])


@given(candidates, destinations, types)
def test_the_chosen_one_is_fit_to_speak(
    given: list[Candidate], to: Destination, asked: MessageType | None
) -> None:
    answer = choose(given, to, asked)
    if isinstance(answer, Refused):
        assert answer.reason is Conflict.NO_ORIGINATION_IDENTITIES_FOUND
        return
    who = answer.candidate
    assert who.status == "ACTIVE"
    assert {NumberCapability.SMS, NumberCapability.RCS} & set(who.capabilities)
    assert answer.message_type in who.message_types
    assert asked in (None, answer.message_type)
    if who.country != to.country:
        assert who.kind in (IdentityKind.TEN_DLC, IdentityKind.TOLL_FREE)
    if who.kind is IdentityKind.SIMULATOR:
        assert simulated(to.number)
    if who.kind is IdentityKind.SENDER_ID:
        assert to.country not in ("US", "CA", "PR")


@given(candidates, destinations, types, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    given: list[Candidate], to: Destination, asked: MessageType | None, random: Random
) -> None:
    before = choose(given, to, asked)
    random.shuffle(given)
    after = choose(given, to, asked)
    if isinstance(before, Chosen):
        assert chosen(after) == before.candidate
    else:
        assert refused(after).reason == before.reason


@given(candidates, destinations, types)
def test_a_choice_falls_to_nobody_only_when_each_alone_is_refused(
    given: list[Candidate], to: Destination, asked: MessageType | None
) -> None:
    alone = [choose([one], to, asked, direct=True) for one in given]
    assert isinstance(choose(given, to, asked), Chosen) == any(isinstance(one, Chosen) for one in alone)


def test_kinds_speak_in_aws_order() -> None:
    order = [
        candidate(IdentityKind.RCS_AGENT, "FR", "rcs-1"),
        candidate(IdentityKind.SHORT_CODE, "FR", "phone-9"),
        candidate(IdentityKind.TEN_DLC, "FR", "phone-8"),
        candidate(IdentityKind.LONG_CODE, "FR", "phone-7"),
        candidate(IdentityKind.TOLL_FREE, "FR", "phone-6"),
        candidate(IdentityKind.TOLL_FREE, "US", "phone-5", abroad=True),
        candidate(IdentityKind.SENDER_ID, "FR", "ACME"),
        candidate(IdentityKind.SHARED_ROUTE, "FR", "A"),
    ]
    for first, best in enumerate(order):
        assert chosen(choose(list(reversed(order[first:])), FR, None)) == best


def test_the_sticky_identity_goes_before_all_others_while_it_can_speak() -> None:
    short, long = candidate(IdentityKind.SHORT_CODE, "US", "phone-1"), candidate(identity_id="phone-2")
    assert chosen(choose([short, long], US, None)) == short
    assert chosen(choose([short, long], US, None, sticky="+phone-2")) == long
    idle = candidate(identity_id="phone-2", status=NumberStatus.PENDING)
    assert chosen(choose([short, idle], US, None, sticky="+phone-2")) == short


def test_transactional_numbers_go_first_when_no_type_is_asked() -> None:
    promotional = candidate(IdentityKind.SHORT_CODE, "US", "phone-1", types=(PROMOTIONAL,))
    transactional = candidate(identity_id="phone-2")
    answer = choose([promotional, transactional], US, None)
    assert chosen(answer) == transactional
    assert isinstance(answer, Chosen)
    assert answer.message_type is TRANSACTIONAL
    assert chosen(choose([promotional, transactional], US, PROMOTIONAL)) == promotional


def test_of_equals_the_lowest_id_speaks() -> None:
    assert (
        chosen(choose([candidate(identity_id="b"), candidate(identity_id="a")], US, None)).identity_id == "a"
    )


def test_the_message_type_is_the_identitys_when_none_is_asked() -> None:
    answer = choose([candidate(types=(PROMOTIONAL,))], US, None, direct=True)
    assert isinstance(answer, Chosen)
    assert answer.message_type is PROMOTIONAL


def test_ten_dlc_serves_the_territories_and_no_other_country() -> None:
    assert chosen(choose([candidate()], PR, None, direct=True))
    assert refused(choose([candidate()], CA, None, direct=True)).reason is (WRONG_COUNTRY)


@pytest.mark.parametrize(
    ("who", "to", "reason"),
    [
        (candidate(status=NumberStatus.PENDING), US, Conflict.RESOURCE_NOT_ACTIVE),
        (candidate(capabilities=(NumberCapability.VOICE,)), US, Conflict.NUMBER_CAPABILITIES_MISMATCH),
        (candidate(types=(PROMOTIONAL,)), US, Conflict.MESSAGE_TYPE_MISMATCH),
        (candidate(IdentityKind.LONG_CODE, "GB"), US, WRONG_COUNTRY),
        (candidate(IdentityKind.TOLL_FREE), GB, Validation.INTERNATIONAL_SENDING_NOT_SUPPORTED),
        (candidate(IdentityKind.TOLL_FREE, abroad=True), GB, WRONG_COUNTRY),
        (candidate(IdentityKind.SENDER_ID, "GB"), US, Validation.SENDER_ID_NOT_SUPPORTED),
        (candidate(IdentityKind.SIMULATOR), US, WRONG_COUNTRY),
        (
            candidate(IdentityKind.LONG_CODE, "IN"),
            Destination("+919876543210", "IN"),
            WRONG_COUNTRY,
        ),
    ],
)  # fmt: skip
def test_one_named_identity_that_cannot_speak_is_refused_for_its_own_trouble(
    who: Candidate, to: Destination, reason: Conflict | Validation
) -> None:
    answer = refused(choose([who], to, TRANSACTIONAL, direct=True))
    assert answer.reason is reason
    if isinstance(reason, Conflict):
        assert (answer.error, answer.resource_type) == ("ConflictException", ResourceType.PHONE_NUMBER)
        assert answer.resource_id == who.identity_id
    else:
        assert answer.error == "ValidationException"
        assert answer.fields[0][0] == "OriginationIdentity"
    assert who.identity in answer.said


def test_a_simulator_number_reaches_simulator_destinations_of_its_country_only() -> None:
    simulator = candidate(IdentityKind.SIMULATOR)
    assert chosen(choose([simulator], US_SIMULATOR, None, direct=True)) == simulator
    british = Destination("+447860019066", "GB")
    assert refused(choose([simulator], british, None, direct=True)).reason is (WRONG_COUNTRY)


def test_an_ordinary_number_reaches_simulator_destinations_too() -> None:
    assert chosen(choose([candidate()], US_SIMULATOR, None, direct=True))


def test_a_pool_of_american_numbers_has_nobody_for_canada() -> None:
    answer = refused(choose([candidate()], CA, None))
    assert answer.reason is Conflict.NO_ORIGINATION_IDENTITIES_FOUND
    assert "+phone-1" in answer.said
    assert refused(choose([], CA, None)).reason is Conflict.NO_ORIGINATION_IDENTITIES_FOUND


def test_an_identity_in_trouble_steps_back_while_another_can_speak() -> None:
    first, second = candidate(identity_id="phone-1"), candidate(identity_id="phone-2")
    trouble = {"+phone-1": "15 of 20 receipts are failures"}
    answer = choose([first, second], US, None, degraded=trouble)
    assert chosen(answer) == second
    assert isinstance(answer, Chosen)
    assert "those before it are degraded" in answer.story.words
    assert "+phone-1: 10DLC number, degraded, 15 of 20 receipts are failures" in answer.story.words
    assert chosen(choose([first], US, None, degraded=trouble)) == first


def test_trouble_counts_more_than_stickiness() -> None:
    first, second = candidate(identity_id="phone-1"), candidate(identity_id="phone-2")
    answer = choose([first, second], US, None, sticky="+phone-2", degraded={"+phone-2": "bad"})
    assert chosen(answer) == first
    both = {"+phone-1": "bad", "+phone-2": "bad"}
    assert chosen(choose([first, second], US, None, sticky="+phone-2", degraded=both)) == second


def test_one_name_in_two_countries_has_two_standings() -> None:
    names = [
        candidate(IdentityKind.SENDER_ID, "FR", "a"),
        candidate(IdentityKind.SENDER_ID, "FR", "b"),
    ]
    assert chosen(choose(names, FR, None, degraded={"+a/DE": "bad"})) == names[0]
    assert chosen(choose(names, FR, None, degraded={"+a/FR": "bad"})) == names[1]


def test_the_default_sender_id_goes_before_other_sender_ids_and_after_numbers() -> None:
    a, b = candidate(IdentityKind.SENDER_ID, "FR", "a"), candidate(IdentityKind.SENDER_ID, "FR", "B")
    number = candidate(IdentityKind.LONG_CODE, "FR", "n")
    assert chosen(choose([a, b], FR, None)) == b
    assert chosen(choose([a, b], FR, None, default_sender="+A")) == a
    assert chosen(choose([a, b, number], FR, None, default_sender="+A")) == number


def test_a_shared_route_is_the_last_resort_and_leads_into_no_country_without_sender_ids() -> None:
    name = candidate(IdentityKind.SENDER_ID, "FR", "a")
    assert chosen(choose([shared_route("FR"), name], FR, PROMOTIONAL)) == shared_route("FR")
    assert chosen(choose([shared_route("FR"), name], FR, TRANSACTIONAL)) == name
    assert isinstance(choose([shared_route("US")], US, None), Refused)


def test_where_registration_is_required_only_a_registered_sender_id_speaks() -> None:
    here = candidate(IdentityKind.SENDER_ID, "GB", registered=False)
    elsewhere = candidate(IdentityKind.SENDER_ID, "FR")
    reasons = {who.country: refused(choose([who], GB, None, direct=True)).reason for who in (here, elsewhere)}
    assert reasons == {
        "GB": Validation.SENDER_ID_NOT_REGISTERED,
        "FR": Validation.SENDER_ID_REQUIRES_REGISTRATION,
    }
    assert chosen(choose([candidate(IdentityKind.SENDER_ID, "GB")], GB, None, direct=True))


def test_of_a_name_in_several_countries_the_destinations_own_trouble_is_told() -> None:
    names = [
        candidate(IdentityKind.SENDER_ID, "FR", "a"),
        candidate(IdentityKind.SENDER_ID, "GB", "a", registered=False),
    ]
    answer = refused(choose(names, GB, None, direct=True))
    assert answer.reason is Validation.SENDER_ID_NOT_REGISTERED


def test_the_story_names_the_chosen_one_and_tells_of_all_the_others() -> None:
    far, free, ten = (
        candidate(IdentityKind.LONG_CODE, "GB", "f"),
        candidate(IdentityKind.TOLL_FREE, "US", "t"),
        candidate(),
    )
    answer = choose([far, free, ten], US, None)
    assert isinstance(answer, Chosen)
    assert answer.story.words == (
        "+phone-1: chosen, 10DLC number of US, first in the order; "
        "+t: toll-free number, later in the order; +f: not for the destination's country (GB)"
    )
    pool = [candidate(identity_id=f"phone-{n:03}") for n in range(100)]
    answer = choose(pool, US, None)
    assert isinstance(answer, Chosen)
    assert all(one.identity in answer.story.words for one in pool)


def test_the_story_says_that_who_stands_earlier_did_not_deliver_last() -> None:
    earlier, sticky, later = (candidate(identity_id=f"phone-{n}") for n in (1, 2, 3))
    answer = choose([earlier, sticky, later], US, None, sticky="+phone-2")
    assert isinstance(answer, Chosen)
    assert answer.story.words == (
        "+phone-2: chosen, 10DLC number of US, it delivered there last; "
        "+phone-1: 10DLC number, earlier in the order, but another delivered there last; "
        "+phone-3: 10DLC number, later in the order"
    )


def test_the_story_says_that_the_chosen_one_is_in_trouble_too() -> None:
    first, second = candidate(identity_id="phone-1"), candidate(identity_id="phone-2")
    answer = choose([first, second], US, None, degraded={"+phone-1": "15 of 20", "+phone-2": "16 of 20"})
    assert isinstance(answer, Chosen)
    assert answer.story.words == (
        "+phone-1: chosen, 10DLC number of US, first in the order, degraded like the others, 15 of 20; "
        "+phone-2: 10DLC number, degraded, 16 of 20"
    )


def test_a_refusal_names_ten_and_counts_the_others() -> None:
    answer = refused(choose([candidate(identity_id=f"phone-{n:03}") for n in range(100)], CA, None))
    assert "90 more" in answer.said
    assert answer.said.count("+phone-") == 10


@given(candidates, destinations, types, st.sampled_from([None, "+phone-0000001", "+phone-0000002"]))
def test_the_same_choice_has_the_same_story(
    given: list[Candidate], to: Destination, asked: MessageType | None, sticky: str | None
) -> None:
    ranking = rank(given, Wish(to.country, simulated(to.number) is not None, asked), "SUPPORTED")
    first, second = pick(ranking, sticky=sticky), pick(ranking, sticky=sticky)
    if isinstance(first, Chosen) and isinstance(second, Chosen):
        assert first.story is second.story
        assert len(first.story.id) == 16
    else:
        assert first == second
