"""Machine clients: other systems that prove themselves with a secret and read what their scopes allow."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.messages import Event, IdempotencyKey, Limit, Line, Message, Moment, Page, Request

MachineScope = Literal["permits.read", "invoices.read", "cases.read", "clients.read", "audit.read"]
MachineStatus = Literal["active", "disabled"]
MachineName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]
Contact = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class MachineSecretRow(Message):
    """One secret as staff see it: never the secret, its last four characters only."""

    secret_id: UUID
    hint: str
    created_at: Moment
    created_by: str
    last_used_at: Moment | None = None
    last_address: str | None = None
    revoked_at: Moment | None = None
    revoked_by: str | None = None


class MachineClient(Message):
    """A machine client; its `machine_id` is the `client_id` of OAuth."""

    machine_id: UUID
    version: int
    name: str
    contact: str
    note: str | None = None
    scopes: list[MachineScope]
    status: MachineStatus
    created_at: Moment
    created_by: str
    disabled_at: Moment | None = None
    disabled_by: str | None = None
    live_secrets: int
    last_used_at: Moment | None = None


class MachineClientDetails(MachineClient):
    secrets: list[MachineSecretRow]


class MachineClientPage(Page[MachineClient]):
    pass


class ListMachineClients(Request[MachineClientPage], rpc="identity.list_machine_clients"):
    """Machine clients by name. Search: name, contact, note."""

    query: Line = ""
    status: MachineStatus | None = None
    after: UUID | None = None
    limit: Limit = 50


class GetMachineClient(Request[MachineClientDetails], rpc="identity.get_machine_client"):
    """One machine client with its secrets. Error not_found."""

    machine_id: UUID


class CreateMachineClient(Request[MachineClientDetails], rpc="identity.create_machine_client"):
    """A new machine client, without a secret yet. Error name_taken."""

    name: MachineName
    contact: Contact
    note: Note | None = None
    scopes: list[MachineScope] = Field(min_length=1, max_length=20)
    idempotency_key: IdempotencyKey | None = None


class ChangeMachineClient(Request[MachineClientDetails], rpc="identity.change_machine_client"):
    """Change its name and what it may read, for tokens given before as well. Errors not_found, stale, name_taken."""

    machine_id: UUID
    version: int
    name: MachineName
    contact: Contact
    note: Note | None = None
    scopes: list[MachineScope] = Field(min_length=1, max_length=20)


class NewMachineSecret(Message):
    """A fresh secret, shown this once; None when the same call is repeated."""

    secret_id: UUID
    client_id: UUID
    client_secret: str | None = Field(None, repr=False)


class AddMachineSecret(Request[NewMachineSecret], rpc="identity.add_machine_secret"):
    """Make a second secret beside the first, so that it can be rolled out before the old one goes.

    Errors not_found, two_secrets, machine_disabled.
    """

    machine_id: UUID
    idempotency_key: IdempotencyKey | None = None


class RevokeMachineSecret(Request[MachineClientDetails], rpc="identity.revoke_machine_secret"):
    """Take a secret out of use; tokens it was given end at once. Errors not_found, secret_revoked."""

    machine_id: UUID
    secret_id: UUID


class SetMachineStatus(Request[MachineClientDetails], rpc="identity.set_machine_status"):
    """Disable a machine client (its tokens end at once) or enable it again. Errors not_found, stale."""

    machine_id: UUID
    version: int
    status: MachineStatus


class MachineToken(Message):
    """An access token (RFC 6749, 5.1); `expires_in` in seconds, `scope` separated by spaces."""

    access_token: str = Field(repr=False)
    expires_in: int
    scope: str


class IssueMachineToken(Request[MachineToken], rpc="identity.issue_machine_token"):
    """Client credentials for an access token. Errors machine_refused (whatever was wrong), scope_not_allowed."""

    client_id: Annotated[str, StringConstraints(max_length=100)]
    client_secret: Annotated[str, StringConstraints(max_length=200)] = Field(repr=False)
    scope: Annotated[str, StringConstraints(max_length=500)] | None = None
    address: Line | None = None


class MachineInForce(Message):
    """The scopes a machine has now; a token gives no more than these."""

    scopes: list[MachineScope]


class ResolveMachine(Request[MachineInForce], rpc="identity.resolve_machine"):
    """Whether a machine and the secret its token was given for are in force. Error unauthenticated."""

    machine_id: UUID
    secret_id: UUID


class MachineChanged(Event, type="identity.machine.changed", aggregate="machine_id"):
    """A machine client was disabled, lost a secret or changed its scopes: whoever keeps its tokens asks again."""

    machine_id: UUID
