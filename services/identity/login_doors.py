"""The doors of unified login; a part of the service's door, which would be too long otherwise."""

from __future__ import annotations

from typing import Any

from chassis.access import customer, fresh, public
from chassis.caller import Caller
from chassis.messages import Done
from chassis.rpc import serves
from services.identity import messages as m
from services.identity.usecases import external_complete, external_login, linked_logins


class LoginDoors:
    db: Any
    tools: Any
    bus: Any

    @serves(m.ListLoginProviders, allow=public)
    def list_login_providers(self, request: m.ListLoginProviders, caller: Caller) -> m.LoginProviders:
        return external_login.providers(self.tools, request)

    @serves(m.StartLogin, allow=public)
    def start_login(self, request: m.StartLogin, caller: Caller) -> m.LoginStarted:
        return external_login.start(self.db, self.tools, request, caller)

    @serves(m.FinishLogin, allow=public)
    def finish_login(self, request: m.FinishLogin, caller: Caller) -> m.LoginFinished:
        return external_login.finish(self.db, self.tools, self.bus, request, caller)

    @serves(m.GetLoginTicket, allow=public)
    def get_login_ticket(self, request: m.GetLoginTicket, caller: Caller) -> m.LoginTicket:
        return external_complete.ticket(self.db, self.tools, request)

    @serves(m.CompleteLogin, allow=public)
    def complete_login(self, request: m.CompleteLogin, caller: Caller) -> m.SignedIn:
        return external_complete.complete(self.db, self.tools, request, caller)

    @serves(m.ListLinkedLogins, allow=customer)
    def list_linked_logins(self, request: m.ListLinkedLogins, caller: Caller) -> m.LinkedLogins:
        return linked_logins.list_own(self.db, self.tools, request, caller)

    @serves(m.ConfirmLink, allow=customer)
    def confirm_link(self, request: m.ConfirmLink, caller: Caller) -> m.LinkedLogins:
        return linked_logins.confirm(self.db, self.tools, request, caller)

    @serves(m.UnlinkLogin, allow=fresh(customer))
    def unlink_login(self, request: m.UnlinkLogin, caller: Caller) -> Done:
        return linked_logins.unlink(self.db, self.tools, request, caller)
