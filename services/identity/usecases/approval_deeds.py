"""What approvals lead to, in one table."""

from __future__ import annotations

from collections.abc import Mapping

from services.identity.usecases import ending, right_levels, staff_roles
from services.identity.usecases.approvals import Deed

DEEDS: Mapping[str, Deed] = {
    # S3-35: the client asks on the telephone or in person; two members of staff stand for the deletion.
    "user.delete": Deed(frozenset({"customer_service", "administrator"}), ending.delete, ending.refuse_deletion),
    # Who makes administrators could make oneself one through a friend: two administrators stand for it.
    "role.grant": Deed(frozenset({"administrator"}), staff_roles.grant_approved),
    # What a right demands protects every client: one administrator alone does not lower it.
    "right.level": Deed(frozenset({"administrator"}), right_levels.approved),
}
