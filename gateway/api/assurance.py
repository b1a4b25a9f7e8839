"""/api/v1/staff: how surely somebody must be identified to use a right."""

from __future__ import annotations

from flask import Blueprint
from pydantic import Field

from chassis.access import fresh, role
from gateway.api._frame import Body, api
from gateway.bus import call, call_json
from services.identity.messages import Approval, AskRightLevel, Assurance, ListRightLevels, Right, RightLevels

bp = Blueprint("api_assurance", __name__)

TAG = "Staff: assurance"


class LevelWanted(Body):
    right: Right
    level: Assurance
    ground: str = Field(min_length=1, max_length=200, description="On what ground: an order, a risk assessment")


@api(bp, "GET", "/staff/assurance", allow=role("administrator", "auditor"), reply=RightLevels, tag=TAG,
     summary="The level of assurance every right demands")
def levels() -> bytes:
    return call_json(ListRightLevels())


@api(bp, "POST", "/staff/assurance", allow=fresh(role("administrator")), body=LevelWanted, reply=Approval, status=202,
     idempotent=True, tag=TAG, summary="Ask that a right demand another level",
     errors=("identity.level_same", "identity.approval_waiting", "idempotency_key_reused"))
def ask(body: LevelWanted, idempotency_key: str | None) -> Approval:
    """It holds once another administrator approves it."""
    return call(AskRightLevel(idempotency_key=idempotency_key, **body.model_dump()))
