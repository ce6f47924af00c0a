"""Opt-out lists and the numbers on them (control-plane §4).

Every account has the list `Default`. A list is for the pools and numbers that name it, not for the account.
"""

from wireroom.api.enums import (
    ConflictExceptionReason,
    OptedOutFilterName,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
    ValidationExceptionReason,
)
from wireroom.api.shapes import (
    CreateOptOutListRequest,
    CreateOptOutListResult,
    DeleteOptedOutNumberRequest,
    DeleteOptedOutNumberResult,
    DeleteOptOutListRequest,
    DeleteOptOutListResult,
    DescribeOptedOutNumbersRequest,
    DescribeOptedOutNumbersResult,
    DescribeOptOutListsRequest,
    DescribeOptOutListsResult,
    OptedOutNumberInformation,
    OptOutListInformation,
    PutOptedOutNumberRequest,
    PutOptedOutNumberResult,
)
from wireroom.config import milliseconds
from wireroom.core import ids, numbers
from wireroom.errors import Conflict, NotFound, Validation
from wireroom.ops import _find, _quota
from wireroom.ops._answer import answer, seconds
from wireroom.ops._describe import Filter, describe, flag
from wireroom.ops._op import Call, operation
from wireroom.sending.choose import DEFAULT_LIST
from wireroom.store.rows import OptedOutNumber, OptIn, OptOutList


@operation(tags="opt_out_list_arn")
def create_opt_out_list(call: Call, req: CreateOptOutListRequest) -> CreateOptOutListResult:
    """An empty list. Names are case-sensitive."""
    row = OptOutList(call.caller.account_id, call.caller.region, req.opt_out_list_name, call.now)
    if call.tx.get(OptOutList, row.account_id, row.region, row.name) is not None:
        raise _refused(
            ConflictExceptionReason.RESOURCE_ALREADY_EXISTS,
            "There is an opt-out list of this name already.",
            req.opt_out_list_name,
        )
    _quota.use(call, _quota.OPT_OUT_LISTS, ServiceQuotaExceededExceptionReason.OPT_OUT_LISTS_PER_ACCOUNT)
    call.tx.insert(row)
    return answer(CreateOptOutListResult, _information(call, row))


@operation
def delete_opt_out_list(call: Call, req: DeleteOptOutListRequest) -> DeleteOptOutListResult:
    """Delete a list that no number or pool uses, together with its entries."""
    found = _find.opt_out_list(call, req.opt_out_list_name)
    if found.name == DEFAULT_LIST:
        raise _refused(
            ConflictExceptionReason.RESOURCE_DELETION_NOT_ALLOWED,
            f"The list {DEFAULT_LIST} belongs to every account and stays.",
            req.opt_out_list_name,
        )
    named = {"account_id": found.account_id, "region": found.region, "name": found.name}
    if call.tx.one("list_is_used", **named):
        raise _refused(
            ConflictExceptionReason.RESOURCE_NOT_EMPTY,
            "Phone numbers or pools use this list: give them another one first.",
            req.opt_out_list_name,
        )
    call.tx.write("delete_opted_out_numbers", **named)
    call.tx.write("delete_opt_ins", **named)
    call.tx.write(
        "delete_tags", account_id=found.account_id, region=found.region, resource_arn=_arn(call, found)
    )
    call.tx.delete(found)
    _quota.free(call, _quota.OPT_OUT_LISTS)
    return answer(DeleteOptOutListResult, _information(call, found))


@operation
def describe_opt_out_lists(call: Call, req: DescribeOptOutListsRequest) -> DescribeOptOutListsResult:
    page = describe(
        call,
        req,
        OptOutList,
        _information,
        named=req.opt_out_list_names,
        find=lambda call, reference: _find.opt_out_list(call, reference, "OptOutListNames"),
        owner=req.owner,
    )
    return DescribeOptOutListsResult(opt_out_lists=page.items, next_token=page.next_token)


@operation
def put_opted_out_number(call: Call, req: PutOptedOutNumberRequest) -> PutOptedOutNumberResult:
    """Put a number on a list. One that is on it stays as it is, with its time and its reason."""
    number = _number(req.opted_out_number)
    found = _find.opt_out_list(call, req.opt_out_list_name)
    entry = call.tx.get(OptedOutNumber, found.account_id, found.region, found.name, number)
    if entry is None:
        _refuse_unlistable(call, number)
        entry = OptedOutNumber(
            found.account_id, found.region, found.name, number, call.now, end_user_opted_out=False
        )
        call.tx.insert(entry)
    return PutOptedOutNumberResult(
        opt_out_list_arn=_arn(call, found),
        opt_out_list_name=found.name,
        opted_out_number=entry.number,
        opted_out_timestamp=seconds(entry.opted_out_at),
        end_user_opted_out=entry.end_user_opted_out,
    )


@operation
def delete_opted_out_number(call: Call, req: DeleteOptedOutNumberRequest) -> DeleteOptedOutNumberResult:
    """Take a number off a list; AWS lets an owner do that once in 30 days for each number."""
    number = _number(req.opted_out_number)
    found = _find.opt_out_list(call, req.opt_out_list_name)
    key = (found.account_id, found.region, found.name, number)
    entry = call.tx.get(OptedOutNumber, *key)
    if entry is None:
        raise NotFound(ResourceType.OPTED_OUT_NUMBER, req.opted_out_number, "The number is not on this list.")
    last = call.tx.get(OptIn, *key)
    if last is not None:
        if call.now - last.opted_in_at < milliseconds(call.settings.simulate.opt_in_window):
            raise Validation(
                ValidationExceptionReason.PHONE_NUMBER_CANNOT_BE_OPTED_IN,
                "The number was taken off this list not long ago; only its owner can opt in again so soon.",
                ("OptedOutNumber", "was opted in already within the window"),
            )
        call.tx.delete(last)
    call.tx.insert(OptIn(*key, call.now))
    call.tx.delete(entry)
    return DeleteOptedOutNumberResult(
        opt_out_list_arn=_arn(call, found),
        opt_out_list_name=found.name,
        opted_out_number=entry.number,
        opted_out_timestamp=seconds(entry.opted_out_at),
        end_user_opted_out=entry.end_user_opted_out,
    )


OPTED_OUT_FILTERS: dict[OptedOutFilterName, Filter[OptedOutNumberInformation]] = {
    OptedOutFilterName.END_USER_OPTED_OUT: flag(lambda entry: entry.end_user_opted_out),
}


@operation
def describe_opted_out_numbers(
    call: Call, req: DescribeOptedOutNumbersRequest
) -> DescribeOptedOutNumbersResult:
    wanted = [_number(number, "OptedOutNumbers") for number in req.opted_out_numbers or ()]
    found = _find.opt_out_list(call, req.opt_out_list_name)

    def entry(call: Call, number: str) -> OptedOutNumber:
        row = call.tx.get(OptedOutNumber, found.account_id, found.region, found.name, number)
        if row is None:
            raise NotFound(ResourceType.OPTED_OUT_NUMBER, number, "The number is not on this list.")
        return row

    page = describe(
        call,
        req,
        OptedOutNumber,
        _entry_information,
        named=wanted,
        find=entry,
        scope={"list_name": found.name},
        conditions=req.filters,
        filters=OPTED_OUT_FILTERS,
    )
    return DescribeOptedOutNumbersResult(
        opt_out_list_arn=_arn(call, found),
        opt_out_list_name=found.name,
        opted_out_numbers=page.items,
        next_token=page.next_token,
    )


def _arn(call: Call, found: OptOutList) -> str:
    return ids.arn(call.caller.region, call.caller.account_id, ResourceType.OPT_OUT_LIST, found.name)


def _information(call: Call, found: OptOutList) -> OptOutListInformation:
    return OptOutListInformation(
        opt_out_list_arn=_arn(call, found),
        opt_out_list_name=found.name,
        created_timestamp=seconds(found.created_at),
    )


def _entry_information(_call: Call, entry: OptedOutNumber) -> OptedOutNumberInformation:
    return OptedOutNumberInformation(
        opted_out_number=entry.number,
        opted_out_timestamp=seconds(entry.opted_out_at),
        end_user_opted_out=entry.end_user_opted_out,
    )


def _number(text: str, field: str = "OptedOutNumber") -> str:
    """E.164. Raises Validation (CANNOT_PARSE)."""
    parsed = numbers.parse(text)
    if parsed is None:
        raise Validation(
            ValidationExceptionReason.CANNOT_PARSE,
            f"{field} is not a phone number: write it as E.164, for example +12065550100.",
            (field, "is not a phone number"),
        )
    return parsed.number


def _refuse_unlistable(call: Call, number: str) -> None:
    """Raises Validation for numbers that nobody can opt out: the account's own, and simulators."""
    own = call.tx.one(
        "phone_number_called",
        account_id=call.caller.account_id,
        region=call.caller.region,
        phone_number=number,
    )
    if own is not None or numbers.simulated(number) is not None:
        raise Validation(
            ValidationExceptionReason.CANNOT_ADD_OPTED_OUT_NUMBER,
            "A number of your own and a simulator's number cannot opt out.",
            ("OptedOutNumber", "is an origination number or a simulator's"),
        )


def _refused(reason: ConflictExceptionReason, said: str, reference: str) -> Conflict:
    return Conflict(reason, said, ResourceType.OPT_OUT_LIST, reference)
