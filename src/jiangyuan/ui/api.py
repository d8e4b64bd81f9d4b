"""REST of what the kernel itself can be asked to do."""

from __future__ import annotations

from uuid import UUID

from ninja import Router, Schema

from jiangyuan.ui.rest import api, expose


class Erased(Schema):
    """The id of the data key that is no more."""

    key: UUID


router = Router(tags=["kernel"])
expose(router, "kernel.subject.erase", "/erasures", response=Erased)
api.add_router("/kernel", router)
