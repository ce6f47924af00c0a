"""Sending: SendTextMessage (data-plane §1)."""

from collections.abc import Iterable

from wireroom.api.enums import ValidationExceptionReason
from wireroom.api.shapes import SendTextMessageRequest, SendTextMessageResult
from wireroom.core.gates import Refused
from wireroom.errors import Validation, refusal
from wireroom.ops._op import Call, operation
from wireroom.sending.accept import Draft, accept, foresee
from wireroom.store.tx import Read


def _foresee(call: Call, req: SendTextMessageRequest) -> Iterable[Read]:
    return foresee(call.now, _draft(call, req))


@operation(sends=True, foresee=_foresee)
def send_text_message(call: Call, req: SendTextMessageRequest) -> SendTextMessageResult:
    if req.message_body is None:
        # Optional in the model, yet there is no text without one.
        raise Validation(
            ValidationExceptionReason.MISSING_PARAMETER,
            "A text needs a MessageBody.",
            ("MessageBody", "Member must not be null"),
        )
    outcome = accept(call.tx, call.now, call.new_id, call.settings, _draft(call, req))
    if isinstance(outcome, Refused):
        raise refusal(outcome)
    return SendTextMessageResult(message_id=outcome.message_id)


def _draft(call: Call, req: SendTextMessageRequest) -> Draft:
    parameters = {str(name): value for name, value in (req.destination_country_parameters or {}).items()}
    if req.keyword is not None:
        parameters["Keyword"] = req.keyword
    return Draft(
        call.caller.account_id,
        call.caller.region,
        req.destination_phone_number,
        req.message_body or "",
        call.owner,
        call.machine_now,
        origination=req.origination_identity,
        message_type=req.message_type,
        configuration_set=req.configuration_set_name,
        protect_configuration=req.protect_configuration_id,
        max_price=req.max_price,
        time_to_live=req.time_to_live,
        context=req.context,
        parameters=parameters or None,
        feedback=req.message_feedback_enabled,
        dry_run=bool(req.dry_run),
        backlog=call.backlog,
        disk_low=call.disk_low,
        pace=call.pace,
        revision=call.revision,
        retry_of=call.retry_of,
        first_attempt=call.first_attempt,
    )
