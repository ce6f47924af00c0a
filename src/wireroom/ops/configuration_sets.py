"""Configuration sets and the defaults that a send takes from them (control-plane §6).

Event destinations and protect configurations belong to a set but are not written yet: a set has none.
"""

from wireroom.api.enums import (
    ConfigurationSetFilterName,
    ConflictExceptionReason,
    EventType,
    MessageType,
    ResourceType,
    ServiceQuotaExceededExceptionReason,
)
from wireroom.api.shapes import (
    ConfigurationSetInformation,
    CreateConfigurationSetRequest,
    CreateConfigurationSetResult,
    DeleteConfigurationSetRequest,
    DeleteConfigurationSetResult,
    DeleteDefaultMessageTypeRequest,
    DeleteDefaultMessageTypeResult,
    DeleteDefaultSenderIdRequest,
    DeleteDefaultSenderIdResult,
    DescribeConfigurationSetsRequest,
    DescribeConfigurationSetsResult,
    SetDefaultMessageFeedbackEnabledRequest,
    SetDefaultMessageFeedbackEnabledResult,
    SetDefaultMessageTypeRequest,
    SetDefaultMessageTypeResult,
    SetDefaultSenderIdRequest,
    SetDefaultSenderIdResult,
)
from wireroom.core import ids
from wireroom.errors import Conflict
from wireroom.ops import _find, _quota
from wireroom.ops._answer import answer, seconds
from wireroom.ops._describe import Filter, choice, describe, flag, text
from wireroom.ops._op import Call, operation
from wireroom.store.rows import ConfigurationSet


@operation(tags="configuration_set_arn")
def create_configuration_set(call: Call, req: CreateConfigurationSetRequest) -> CreateConfigurationSetResult:
    """A set without defaults. Names are case-sensitive."""
    row = ConfigurationSet(
        account_id=call.caller.account_id,
        region=call.caller.region,
        name=req.configuration_set_name,
        default_message_type=None,
        default_sender_id=None,
        default_feedback=None,
        created_at=call.now,
    )
    if call.tx.get(ConfigurationSet, row.account_id, row.region, row.name) is not None:
        raise Conflict(
            ConflictExceptionReason.RESOURCE_ALREADY_EXISTS,
            "There is a configuration set of this name already.",
            ResourceType.CONFIGURATION_SET,
            req.configuration_set_name,
        )
    _quota.use(
        call, _quota.CONFIGURATION_SETS, ServiceQuotaExceededExceptionReason.CONFIGURATION_SETS_PER_ACCOUNT
    )
    call.tx.insert(row)
    return answer(CreateConfigurationSetResult, _information(call, row))


@operation
def delete_configuration_set(call: Call, req: DeleteConfigurationSetRequest) -> DeleteConfigurationSetResult:
    """Delete a set, whatever is in it."""
    found = _find.configuration_set(call, req.configuration_set_name)
    place = {"account_id": found.account_id, "region": found.region}
    call.tx.write("delete_tags", **place, resource_arn=_arn(call, found))
    call.tx.delete(found)
    _quota.free(call, _quota.CONFIGURATION_SETS)
    return answer(DeleteConfigurationSetResult, _information(call, found))


CONFIGURATION_SET_FILTERS: dict[ConfigurationSetFilterName, Filter[ConfigurationSetInformation]] = {
    ConfigurationSetFilterName.EVENT_DESTINATION_NAME: text(
        lambda found: [event.event_destination_name for event in found.event_destinations]
    ),
    ConfigurationSetFilterName.MATCHING_EVENT_TYPES: choice(
        EventType,
        lambda found: [kind for event in found.event_destinations for kind in event.matching_event_types],
    ),
    ConfigurationSetFilterName.DEFAULT_MESSAGE_TYPE: choice(
        MessageType, lambda found: found.default_message_type
    ),
    ConfigurationSetFilterName.DEFAULT_SENDER_ID: text(lambda found: found.default_sender_id),
    ConfigurationSetFilterName.DEFAULT_MESSAGE_FEEDBACK_ENABLED: flag(
        lambda found: found.default_message_feedback_enabled
    ),
    ConfigurationSetFilterName.PROTECT_CONFIGURATION_ID: text(lambda found: found.protect_configuration_id),
}


@operation
def describe_configuration_sets(
    call: Call, req: DescribeConfigurationSetsRequest
) -> DescribeConfigurationSetsResult:
    page = describe(
        call,
        req,
        ConfigurationSet,
        _information,
        named=req.configuration_set_names,
        find=lambda call, reference: _find.configuration_set(call, reference, "ConfigurationSetNames"),
        conditions=req.filters,
        filters=CONFIGURATION_SET_FILTERS,
    )
    return DescribeConfigurationSetsResult(configuration_sets=page.items, next_token=page.next_token)


# The defaults: of one set, though AWS's pages speak of the entire account. A delete answers what was set, and
# a default that was not set is no error: AWS has no reason for it.


@operation
def set_default_message_type(call: Call, req: SetDefaultMessageTypeRequest) -> SetDefaultMessageTypeResult:
    found = _find.configuration_set(call, req.configuration_set_name)
    call.tx.update(found, default_message_type=req.message_type)
    return SetDefaultMessageTypeResult(
        configuration_set_arn=_arn(call, found),
        configuration_set_name=found.name,
        message_type=req.message_type,
    )


@operation
def delete_default_message_type(
    call: Call, req: DeleteDefaultMessageTypeRequest
) -> DeleteDefaultMessageTypeResult:
    found = _find.configuration_set(call, req.configuration_set_name)
    call.tx.update(found, default_message_type=None)
    return DeleteDefaultMessageTypeResult(
        configuration_set_arn=_arn(call, found),
        configuration_set_name=found.name,
        message_type=found.default_message_type,
    )


@operation
def set_default_sender_id(call: Call, req: SetDefaultSenderIdRequest) -> SetDefaultSenderIdResult:
    """It need not be a sender ID of the account."""
    found = _find.configuration_set(call, req.configuration_set_name)
    call.tx.update(found, default_sender_id=req.sender_id)
    return SetDefaultSenderIdResult(
        configuration_set_arn=_arn(call, found), configuration_set_name=found.name, sender_id=req.sender_id
    )


@operation
def delete_default_sender_id(call: Call, req: DeleteDefaultSenderIdRequest) -> DeleteDefaultSenderIdResult:
    found = _find.configuration_set(call, req.configuration_set_name)
    call.tx.update(found, default_sender_id=None)
    return DeleteDefaultSenderIdResult(
        configuration_set_arn=_arn(call, found),
        configuration_set_name=found.name,
        sender_id=found.default_sender_id,
    )


@operation
def set_default_message_feedback_enabled(
    call: Call, req: SetDefaultMessageFeedbackEnabledRequest
) -> SetDefaultMessageFeedbackEnabledResult:
    """There is no delete: once set, it is on or off."""
    found = _find.configuration_set(call, req.configuration_set_name)
    call.tx.update(found, default_feedback=req.message_feedback_enabled)
    return SetDefaultMessageFeedbackEnabledResult(
        configuration_set_arn=_arn(call, found),
        configuration_set_name=found.name,
        message_feedback_enabled=req.message_feedback_enabled,
    )


def _arn(call: Call, found: ConfigurationSet) -> str:
    return ids.arn(call.caller.region, call.caller.account_id, ResourceType.CONFIGURATION_SET, found.name)


def _information(call: Call, found: ConfigurationSet) -> ConfigurationSetInformation:
    return ConfigurationSetInformation(
        configuration_set_arn=_arn(call, found),
        configuration_set_name=found.name,
        event_destinations=[],
        default_message_type=found.default_message_type,
        default_sender_id=found.default_sender_id,
        default_message_feedback_enabled=found.default_feedback,
        created_timestamp=seconds(found.created_at),
    )
