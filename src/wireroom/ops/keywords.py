"""Keywords: what a recipient may answer with, and what happens then (control-plane §5).

A number in a pool shows the pool's keywords; they are changed on the pool (`_pooling`). Kept and answered in
upper case. HELP and STOP are there from the start and stay; their messages may be changed.
"""

from wireroom.api.enums import (
    ConflictExceptionReason,
    KeywordAction,
    KeywordFilterName,
    NumberType,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.api.shapes import (
    DeleteKeywordRequest,
    DeleteKeywordResult,
    DescribeKeywordsRequest,
    DescribeKeywordsResult,
    KeywordInformation,
    PutKeywordRequest,
    PutKeywordResult,
)
from wireroom.core import ids
from wireroom.core.keywords import REQUIRED, STOP, upper
from wireroom.errors import Conflict, NotFound, Validation
from wireroom.ops import _find, _pooling, _quota
from wireroom.ops._answer import answer
from wireroom.ops._describe import Filter, choice, describe
from wireroom.ops._op import Call, operation
from wireroom.store.rows import Keyword, PhoneNumber, Pool


@operation
def put_keyword(call: Call, req: PutKeywordRequest) -> PutKeywordResult:
    """Make a keyword, or change one: without an action a new one answers, an old one does what it did."""
    word = _spelled(req.keyword)
    holder = _find.keyword_holder(call, req.origination_identity)
    _refuse_frozen(call, holder, req.origination_identity)
    before = _get(call, holder, word)
    unsaid = KeywordAction.AUTOMATIC_RESPONSE if before is None else before.action
    after = Keyword(
        account_id=call.caller.account_id,
        region=call.caller.region,
        owner_id=_pooling.keyword_owner(holder),
        keyword=word,
        message=req.keyword_message,
        action=req.keyword_action or unsaid,
    )
    _refuse_fixed(holder, before, after)
    if before is None:
        _refuse_full(call, holder)
        call.tx.insert(after)
    else:
        call.tx.update(before, message=after.message, action=after.action)
    return _answered(call, holder, after)


@operation
def delete_keyword(call: Call, req: DeleteKeywordRequest) -> DeleteKeywordResult:
    """Delete a keyword that is neither HELP nor STOP; answers what it was."""
    word = _spelled(req.keyword)
    holder = _find.keyword_holder(call, req.origination_identity)
    _refuse_frozen(call, holder, req.origination_identity)
    if word in REQUIRED:
        raise Conflict(
            ConflictExceptionReason.RESOURCE_DELETION_NOT_ALLOWED,
            "HELP and STOP belong to every number and pool and stay.",
            ResourceType.KEYWORD,
            word,
        )
    found = _there(_get(call, holder, word), word)
    call.tx.delete(found)
    return answer(DeleteKeywordResult, _answered(call, holder, found))


KEYWORD_FILTERS: dict[KeywordFilterName, Filter[KeywordInformation]] = {
    KeywordFilterName.KEYWORD_ACTION: choice(KeywordAction, lambda keyword: keyword.keyword_action),
}


@operation
def describe_keywords(call: Call, req: DescribeKeywordsRequest) -> DescribeKeywordsResult:
    """In the order of the alphabet. The words that mean STOP where the law has it so are not shown."""
    wanted = [_spelled(word, "Keywords") for word in req.keywords or ()]
    holder = _find.keyword_holder(call, req.origination_identity)
    page = describe(
        call,
        req,
        Keyword,
        _information,
        named=wanted,
        find=lambda call, word: _there(_get(call, holder, word), word),
        scope={"owner_id": _pooling.keyword_owner(holder)},
        conditions=req.filters,
        filters=KEYWORD_FILTERS,
    )
    return DescribeKeywordsResult(
        origination_identity_arn=_arn(call, holder),
        origination_identity=_id(holder),
        keywords=page.items,
        next_token=page.next_token,
    )


def _information(_call: Call, found: Keyword) -> KeywordInformation:
    return KeywordInformation(
        keyword=found.keyword, keyword_message=found.message, keyword_action=found.action
    )


def _answered(call: Call, holder: PhoneNumber | Pool, found: Keyword) -> PutKeywordResult:
    return PutKeywordResult(
        origination_identity_arn=_arn(call, holder),
        origination_identity=_id(holder),
        keyword=found.keyword,
        keyword_message=found.message,
        keyword_action=found.action,
    )


def _id(holder: PhoneNumber | Pool) -> str:
    return holder.pool_id if isinstance(holder, Pool) else holder.phone_number_id


def _arn(call: Call, holder: PhoneNumber | Pool) -> str:
    kind = ResourceType.POOL if isinstance(holder, Pool) else ResourceType.PHONE_NUMBER
    return ids.arn(call.caller.region, call.caller.account_id, kind, _id(holder))


def _spelled(keyword: str, field: str = "Keyword") -> str:
    """The keyword as it is kept. Raises Validation (INVALID_PARAMETER)."""
    if keyword != keyword.strip():
        raise Validation(
            ValidationExceptionReason.INVALID_PARAMETER,
            "A keyword neither begins nor ends with a space.",
            (field, "begins or ends with a space"),
        )
    return upper(keyword)


def _get(call: Call, holder: PhoneNumber | Pool, word: str) -> Keyword | None:
    owner_id = _pooling.keyword_owner(holder)
    return call.tx.get(Keyword, call.caller.account_id, call.caller.region, owner_id, word)


def _there(found: Keyword | None, word: str) -> Keyword:
    if found is None:
        raise NotFound(ResourceType.KEYWORD, word, "There is no such keyword.")
    return found


def _refuse_frozen(call: Call, holder: PhoneNumber | Pool, reference: str) -> None:
    """Raises Conflict for a number whose keywords are its pool's, or that is still PENDING."""
    if isinstance(holder, PhoneNumber):
        _pooling.refuse_pooled(holder, reference)
        _pooling.refuse_pending(call, holder, reference)


def _refuse_fixed(holder: PhoneNumber | Pool, before: Keyword | None, after: Keyword) -> None:
    """Raises Conflict for what cannot be changed: what HELP and STOP do, how US toll-free numbers are left.

    There the carriers do it, at the word STOP and with their own answer. In a pool such a number may stand
    beside others, for which the pool's keywords hold: so the rule is for the number's own.
    """
    if before is not None and after.keyword in REQUIRED and after.action != before.action:
        raise _fixed(after.keyword, "HELP and STOP keep what they do; only their messages can be changed.")
    if not (isinstance(holder, PhoneNumber) and _is_us_toll_free(holder)):
        return
    if after.keyword == STOP.keyword:
        if before is not None and after.message != before.message:
            raise _fixed(after.keyword, "The carriers answer STOP for US toll-free numbers.")
    elif after.action is KeywordAction.OPT_OUT:
        raise _fixed(after.keyword, "STOP is the only word that opts out of a US toll-free number.")


def _is_us_toll_free(number: PhoneNumber) -> bool:
    return number.number_type is NumberType.TOLL_FREE and number.country == "US"


def _fixed(word: str, said: str) -> Conflict:
    return Conflict(
        ConflictExceptionReason.RESOURCE_MODIFICATION_NOT_ALLOWED, said, ResourceType.KEYWORD, word
    )


def _refuse_full(call: Call, holder: PhoneNumber | Pool) -> None:
    """Raises QuotaExceeded. Keywords are few, so those that there are are looked at; HELP and STOP count."""
    reasons = ServiceQuotaExceededExceptionReason
    reason = reasons.KEYWORDS_PER_POOL if isinstance(holder, Pool) else reasons.KEYWORDS_PER_PHONE_NUMBER
    most = _quota.limit(call.settings, reason)
    scope = {
        "account_id": call.caller.account_id,
        "region": call.caller.region,
        "owner_id": _pooling.keyword_owner(holder),
    }
    if len(call.tx.page(Keyword, scope, None, most)) == most:
        raise _quota.exceeded(reason, most)
