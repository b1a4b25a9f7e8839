"""Identity's doors for machine clients: who keeps them, and how they come in."""

from __future__ import annotations

from typing import Any

from chassis.access import fresh, public, role, service
from chassis.caller import Caller
from chassis.rpc import serves
from services.identity import messages as m
from services.identity.usecases import machine_tokens, machines

SEES, KEEPS = role("auditor", "administrator"), fresh(role("administrator"))


class MachineDoors:
    """Inherited by the service, which has the dependencies."""

    db: Any
    tools: Any

    @serves(m.IssueMachineToken, allow=public)
    def issue_machine_token(self, request: m.IssueMachineToken, caller: Caller) -> m.MachineToken:
        return machine_tokens.issue(self.db, self.tools, request, caller)

    @serves(m.ResolveMachine, allow=service("gateway"))
    def resolve_machine(self, request: m.ResolveMachine, caller: Caller) -> m.MachineInForce:
        return machine_tokens.resolve(self.db, request)

    @serves(m.ListMachineClients, allow=SEES)
    def list_machine_clients(self, request: m.ListMachineClients, caller: Caller) -> m.MachineClientPage:
        return machines.search(self.db, request)

    @serves(m.GetMachineClient, allow=SEES)
    def get_machine_client(self, request: m.GetMachineClient, caller: Caller) -> m.MachineClientDetails:
        return machines.get(self.db, request)

    @serves(m.CreateMachineClient, allow=KEEPS)
    def create_machine_client(self, request: m.CreateMachineClient, caller: Caller) -> m.MachineClientDetails:
        return machines.create(self.db, request, caller)

    @serves(m.ChangeMachineClient, allow=KEEPS)
    def change_machine_client(self, request: m.ChangeMachineClient, caller: Caller) -> m.MachineClientDetails:
        return machines.change(self.db, request, caller)

    @serves(m.SetMachineStatus, allow=KEEPS)
    def set_machine_status(self, request: m.SetMachineStatus, caller: Caller) -> m.MachineClientDetails:
        return machines.set_status(self.db, request, caller)

    @serves(m.AddMachineSecret, allow=KEEPS)
    def add_machine_secret(self, request: m.AddMachineSecret, caller: Caller) -> m.NewMachineSecret:
        return machines.add_secret(self.db, request, caller)

    @serves(m.RevokeMachineSecret, allow=KEEPS)
    def revoke_machine_secret(self, request: m.RevokeMachineSecret, caller: Caller) -> m.MachineClientDetails:
        return machines.revoke_secret(self.db, request, caller)
