"""Tags of whatever can be named by an ARN (control-plane §15). Tags on create are `_around`'s."""

from wireroom.api.shapes import (
    ListTagsForResourceRequest,
    ListTagsForResourceResult,
    TagResourceRequest,
    TagResourceResult,
    UntagResourceRequest,
    UntagResourceResult,
)
from wireroom.api.shapes import Tag as TagShape
from wireroom.ops import _find
from wireroom.ops._around import put_tags
from wireroom.ops._op import Call, operation
from wireroom.store.rows import Tag


@operation
def tag_resource(call: Call, req: TagResourceRequest) -> TagResourceResult:
    """Merge tags by key into those that the resource has."""
    arn = _find.tagged(call, req.resource_arn)
    put_tags(call, arn, {tag.key: tag.value for tag in req.tags}, len(req.tags))
    return TagResourceResult()


@operation
def untag_resource(call: Call, req: UntagResourceRequest) -> UntagResourceResult:
    """Remove tags by key; keys that are not there do not matter."""
    arn = _find.tagged(call, req.resource_arn)
    for key in set(req.tag_keys):
        call.tx.delete(Tag(call.caller.account_id, call.caller.region, arn, key, ""))
    return UntagResourceResult()


@operation
def list_tags_for_resource(call: Call, req: ListTagsForResourceRequest) -> ListTagsForResourceResult:
    """All tags, none included: there are no pages."""
    arn = _find.tagged(call, req.resource_arn)
    place = {"account_id": call.caller.account_id, "region": call.caller.region}
    tags = call.tx.all("tags_of", **place, resource_arn=arn)
    shown = [TagShape(key=tag.key, value=tag.value) for tag in tags]
    return ListTagsForResourceResult(resource_arn=req.resource_arn, tags=shown)
