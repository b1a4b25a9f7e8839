"""The doors of second factors and of step-up; a part of the service's door, which would be too long otherwise."""

from __future__ import annotations

from typing import Any

from chassis.access import any_of, fresh, half_open, role, signed_in
from chassis.caller import Caller
from chassis.messages import Done
from chassis.rpc import serves
from services.identity import messages as m
from services.identity.usecases import reset_factor, second_factors, step_up

# Whoever owes the second factor may give it, and set one up where that is what they owe.
PROVES = any_of(signed_in, half_open)
ENROLS = any_of(fresh(signed_in), half_open)
RESETS = fresh(role("administrator"))


class FactorDoors:
    db: Any
    tools: Any

    @serves(m.GiveSecondFactor, allow=half_open)
    def give_second_factor(self, request: m.GiveSecondFactor, caller: Caller) -> m.SignedIn:
        return step_up.give(self.db, self.tools, request, caller)

    @serves(m.ListWaysToConfirm, allow=PROVES)
    def list_ways_to_confirm(self, request: m.ListWaysToConfirm, caller: Caller) -> m.WaysToConfirm:
        return step_up.ways(self.db, self.tools, request, caller)

    @serves(m.ConfirmIdentity, allow=signed_in)
    def confirm_identity(self, request: m.ConfirmIdentity, caller: Caller) -> m.SignedIn:
        return step_up.confirm(self.db, self.tools, request, caller)

    @serves(m.ChallengeKeys, allow=PROVES)
    def challenge_keys(self, request: m.ChallengeKeys, caller: Caller) -> m.KeyCeremony:
        return step_up.challenge(self.db, self.tools, request, caller)

    @serves(m.ListFactors, allow=signed_in)
    def list_factors(self, request: m.ListFactors, caller: Caller) -> m.FactorList:
        return second_factors.list_own(self.db, self.tools, request, caller)

    @serves(m.StartTotp, allow=ENROLS)
    def start_totp(self, request: m.StartTotp, caller: Caller) -> m.TotpSetup:
        return second_factors.start_totp(self.db, self.tools, request, caller)

    @serves(m.ConfirmTotp, allow=ENROLS)
    def confirm_totp(self, request: m.ConfirmTotp, caller: Caller) -> m.FactorAdded:
        return second_factors.confirm_totp(self.db, self.tools, request, caller)

    @serves(m.RemoveTotp, allow=fresh(signed_in))
    def remove_totp(self, request: m.RemoveTotp, caller: Caller) -> Done:
        return second_factors.remove_totp(self.db, self.tools, request, caller)

    @serves(m.StartSecurityKey, allow=ENROLS)
    def start_security_key(self, request: m.StartSecurityKey, caller: Caller) -> m.KeyCeremony:
        return second_factors.start_key(self.db, self.tools, request, caller)

    @serves(m.AddSecurityKey, allow=ENROLS)
    def add_security_key(self, request: m.AddSecurityKey, caller: Caller) -> m.FactorAdded:
        return second_factors.add_key(self.db, self.tools, request, caller)

    @serves(m.RemoveSecurityKey, allow=fresh(signed_in))
    def remove_security_key(self, request: m.RemoveSecurityKey, caller: Caller) -> Done:
        return second_factors.remove_key(self.db, self.tools, request, caller)

    @serves(m.RenewRecoveryCodes, allow=fresh(signed_in))
    def renew_recovery_codes(self, request: m.RenewRecoveryCodes, caller: Caller) -> m.RecoveryCodes:
        return second_factors.renew_codes(self.db, request, caller)

    @serves(m.ResetSecondFactor, allow=RESETS)
    def reset_second_factor(self, request: m.ResetSecondFactor, caller: Caller) -> m.SessionsEnded:
        return reset_factor.reset(self.db, request, caller)

    @serves(m.RequireSecondFactor, allow=RESETS)
    def require_second_factor(self, request: m.RequireSecondFactor, caller: Caller) -> Done:
        return reset_factor.require(self.db, self.tools, request, caller)
