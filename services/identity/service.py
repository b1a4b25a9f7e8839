"""Identity: who may do what for whom, their sessions, the terms they agreed to, and the audit trail.

Over 350 lines because it is one entry point after the other, each a line to its use case.
"""

from __future__ import annotations

from typing import Any

from chassis.access import (
    any_of,
    any_service,
    customer,
    fresh,
    half_open,
    in_office,
    public,
    right,
    role,
    scope,
    service,
    signed_in,
)
from chassis.audit import AuditRecorded
from chassis.caller import Caller, Delivery
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.messages import Done
from chassis.rpc import serves
from chassis.service import BusDependency, DatabaseDependency
from chassis.timers import every
from services.identity import messages as m
from services.identity.agreeing_doors import AgreeingDoors
from services.identity.audit_doors import WATCHES, AuditDoors
from services.identity.factor_doors import FactorDoors
from services.identity.import_doors import ImportDoors
from services.identity.keeping_doors import KEEPS_CLIENTS, SEES_USERS, KeepingDoors
from services.identity.login_doors import LoginDoors
from services.identity.machine_doors import MachineDoors
from services.identity.person_doors import PersonDoors
from services.identity.store import tables
from services.identity.tools import ToolsDependency
from services.identity.usecases import (
    append_audit,
    application_originals,
    application_review,
    applications,
    choose_client,
    clients,
    close_access,
    documents,
    end_representation,
    joining,
    lapsing,
    links,
    own_email,
    own_password,
    own_sessions,
    profile,
    register_clients,
    registering,
    remind_passwords,
    represent,
    resolve_session,
    service_centre,
    sign_in,
    signing_keys,
    staff_credentials,
    terms,
    tidy,
    unactivated,
    use_link,
    users,
    withdrawing,
)

SEES_APPLICATIONS = role("customer_service", "administrator", "auditor")


@dead_letter_doors
class Service(KeepingDoors, FactorDoors, LoginDoors, MachineDoors, AgreeingDoors, PersonDoors, AuditDoors, ImportDoors):
    name = "identity"
    # Sign-ins that wait for a place to hash hold no connection, and must not keep other calls from being answered.
    waiting_calls = 64
    db = DatabaseDependency(tables.metadata)
    tools = ToolsDependency()
    bus: Any = BusDependency()

    @serves(m.SignIn, allow=public)
    def sign_in(self, request: m.SignIn, caller: Caller) -> m.SignedIn:
        return sign_in.run(self.db, self.tools, request, caller)

    @serves(m.ResolveSession, allow=public)
    def resolve_session(self, request: m.ResolveSession, caller: Caller) -> m.Session:
        return resolve_session.run(self.db, self.tools, request, caller)

    @serves(m.SigningKeys, allow=public)
    def signing_keys(self, request: m.SigningKeys, caller: Caller) -> m.KeySet:
        return self.tools.keys.published()

    @serves(m.ListSigningKeys, allow=WATCHES)
    def list_signing_keys(self, request: m.ListSigningKeys, caller: Caller) -> m.SigningKeyList:
        return signing_keys.list_keys(self.db, request)

    @serves(m.RotateSigningKeys, allow=role("administrator"))
    def rotate_signing_keys(self, request: m.RotateSigningKeys, caller: Caller) -> m.SigningKeyList:
        return signing_keys.rotate(self.db, self.tools.keys, self.tools.settings, request, caller)

    @serves(m.WithdrawSigningKey, allow=role("administrator"))
    def withdraw_signing_key(self, request: m.WithdrawSigningKey, caller: Caller) -> m.SigningKeyList:
        return signing_keys.withdraw(self.db, self.tools.keys, request, caller)

    @serves(m.SignOut, allow=any_of(signed_in, half_open))
    def sign_out(self, request: m.SignOut, caller: Caller) -> Done:
        return own_sessions.sign_out(self.db, request, caller)

    @serves(m.ListSessions, allow=signed_in)
    def list_sessions(self, request: m.ListSessions, caller: Caller) -> m.SessionList:
        return own_sessions.list_own(self.db, self.tools, request, caller)

    @serves(m.EndSession, allow=signed_in)
    def end_session(self, request: m.EndSession, caller: Caller) -> Done:
        return own_sessions.end_one(self.db, request, caller)

    @serves(m.EndOtherSessions, allow=signed_in)
    def end_other_sessions(self, request: m.EndOtherSessions, caller: Caller) -> m.SessionsEnded:
        return own_sessions.end_others(self.db, request, caller)

    @serves(m.ListTerms, allow=public)
    def list_terms(self, request: m.ListTerms, caller: Caller) -> m.TermsList:
        return terms.list_versions(self.db, request)

    @serves(m.GetTerms, allow=public)
    def get_terms(self, request: m.GetTerms, caller: Caller) -> m.TermsVersion:
        return terms.get_version(self.db, request)

    @serves(m.AcceptTerms, allow=signed_in)
    def accept_terms(self, request: m.AcceptTerms, caller: Caller) -> m.SignedIn:
        return terms.accept(self.db, self.tools, request, caller)

    @serves(m.GetProfile, allow=signed_in)
    def get_profile(self, request: m.GetProfile, caller: Caller) -> m.Profile:
        return profile.get(self.db, request, caller)

    @serves(m.UpdateProfile, allow=signed_in)
    def update_profile(self, request: m.UpdateProfile, caller: Caller) -> m.Profile:
        return profile.update(self.db, request, caller)

    @serves(m.ChangePassword, allow=signed_in)
    def change_password(self, request: m.ChangePassword, caller: Caller) -> m.SessionsEnded:
        return profile.change_password(self.db, self.tools, request, caller)

    @serves(m.RequestLink, allow=public)
    def request_link(self, request: m.RequestLink, caller: Caller) -> Done:
        return links.ask(self.db, request, caller)

    @serves(m.LookAtLink, allow=public)
    def look_at_link(self, request: m.LookAtLink, caller: Caller) -> m.LinkView:
        return links.look(self.db, self.tools, request)

    @serves(m.TradeCode, allow=public)
    def trade_code(self, request: m.TradeCode, caller: Caller) -> m.LinkToken:
        return links.trade_code(self.db, self.tools, request, caller)

    @serves(m.UseLink, allow=public)
    def use_link(self, request: m.UseLink, caller: Caller) -> m.SignedIn:
        return use_link.run(self.db, self.tools, request, caller)

    @serves(m.GetPasswordRules, allow=public)
    def get_password_rules(self, request: m.GetPasswordRules, caller: Caller) -> m.PasswordRules:
        return own_password.rules(self.tools, request)

    @serves(m.JudgePassword, allow=public)
    def judge_password(self, request: m.JudgePassword, caller: Caller) -> m.PasswordStrength:
        return own_password.judge(self.db, self.tools, request, caller)

    @serves(m.ChangeEmail, allow=fresh(signed_in))
    def change_email(self, request: m.ChangeEmail, caller: Caller) -> Done:
        return own_email.ask(self.db, self.tools, request, caller)

    @serves(m.ConfirmEmail, allow=public)
    def confirm_email(self, request: m.ConfirmEmail, caller: Caller) -> m.EmailConfirmed:
        return own_email.confirm(self.db, self.tools, request, caller)

    @serves(m.SendEmailProof, allow=signed_in)
    def send_email_proof(self, request: m.SendEmailProof, caller: Caller) -> Done:
        return own_email.send_proof(self.db, self.tools, caller)

    @serves(m.CloseAccess, allow=public)
    def close_access(self, request: m.CloseAccess, caller: Caller) -> m.SessionsEnded:
        return close_access.run(self.db, self.tools, request, caller)

    @serves(m.SendLink, allow=KEEPS_CLIENTS)
    def send_link(self, request: m.SendLink, caller: Caller) -> Done:
        return staff_credentials.send_link(self.db, self.tools, request, caller)

    @serves(m.DemandPasswordChange, allow=KEEPS_CLIENTS)
    def demand_password_change(self, request: m.DemandPasswordChange, caller: Caller) -> Done:
        return staff_credentials.demand_change(self.db, request, caller)

    @serves(m.GetLink, allow=service("notifications"))
    def get_link(self, request: m.GetLink, caller: Caller) -> m.MailedLink:
        return links.get(self.db, self.tools, request)

    @serves(m.ListMyClients, allow=customer)
    def list_my_clients(self, request: m.ListMyClients, caller: Caller) -> m.MyClients:
        return choose_client.list_mine(self.db, request, caller)

    @serves(m.ChooseClient, allow=customer)
    def choose_client(self, request: m.ChooseClient, caller: Caller) -> m.SignedIn:
        return choose_client.choose(self.db, self.tools, request, caller)

    @serves(m.ListClientUsers, allow=any_of(right("users.manage"), in_office))
    def list_client_users(self, request: m.ListClientUsers, caller: Caller) -> m.MyClients:
        return clients.users_of(self.db, request, caller)

    @serves(m.AddRepresentation, allow=fresh(any_of(right("users.manage"), KEEPS_CLIENTS)))
    def add_representation(self, request: m.AddRepresentation, caller: Caller) -> m.Representation:
        return represent.add(self.db, self.tools, self.bus, request, caller)

    @serves(m.ChangeRepresentation, allow=fresh(any_of(right("users.manage"), KEEPS_CLIENTS)))
    def change_representation(self, request: m.ChangeRepresentation, caller: Caller) -> m.Representation:
        return represent.change(self.db, self.bus, request, caller)

    @serves(m.EndRepresentation, allow=fresh(any_of(right("users.manage"), KEEPS_CLIENTS)))
    def end_representation(self, request: m.EndRepresentation, caller: Caller) -> Done:
        return end_representation.run(self.db, request, caller)

    @serves(m.UpsertClients, allow=service("permits"))
    def upsert_clients(self, request: m.UpsertClients, caller: Caller) -> m.UpsertedClients:
        return register_clients.run(self.db, request, caller)

    @serves(m.GetClients, allow=any_of(any_service, in_office))
    def get_clients(self, request: m.GetClients, caller: Caller) -> m.ClientCards:
        return clients.cards(self.db, request)

    @serves(m.GetUsers, allow=any_of(any_service, in_office))
    def get_users(self, request: m.GetUsers, caller: Caller) -> m.UserCards:
        return users.cards(self.db, request)

    @serves(m.ListClients, allow=any_of(in_office, scope("clients.read")))
    def list_clients(self, request: m.ListClients, caller: Caller) -> m.ClientPage:
        return clients.search(self.db, request, self.bus)

    @serves(m.GetClient, allow=any_of(customer, in_office, scope("clients.read")))
    def get_client(self, request: m.GetClient, caller: Caller) -> m.ClientDetails:
        return clients.get(self.db, request, caller)

    @serves(m.ListUsers, allow=SEES_USERS)
    def list_users(self, request: m.ListUsers, caller: Caller) -> m.UserPage:
        return users.search(self.db, request)

    @serves(m.GetUser, allow=SEES_USERS)
    def get_user(self, request: m.GetUser, caller: Caller) -> m.UserDetails:
        return users.get(self.db, self.tools, request, caller)

    # becoming a user, and giving it up

    @serves(m.GetJoining, allow=public)
    def get_joining(self, request: m.GetJoining, caller: Caller) -> m.Joining:
        return joining.get(self.db, self.tools)

    @serves(m.Register, allow=public)
    def register(self, request: m.Register, caller: Caller) -> m.Registered:
        return registering.run(self.db, self.bus, self.tools, request, caller)

    @serves(m.SubmitApplication, allow=public)
    def submit_application(self, request: m.SubmitApplication, caller: Caller) -> m.ApplicationReceipt:
        return applications.submit(self.db, self.tools, request, caller)

    @serves(m.FindApplication, allow=public)
    def find_application(self, request: m.FindApplication, caller: Caller) -> m.ApplicationView:
        return applications.find(self.db, self.tools, request, caller)

    @serves(m.ApplicationDocument, allow=public)
    def application_document(self, request: m.ApplicationDocument, caller: Caller) -> m.Document:
        return applications.document(self.db, self.tools, request, caller)

    @serves(m.BlankForm, allow=public)
    def blank_form(self, request: m.BlankForm, caller: Caller) -> m.Document:
        return documents.blank(self.db, self.tools.settings, request, caller)

    @serves(m.Withdraw, allow=customer)
    def withdraw(self, request: m.Withdraw, caller: Caller) -> m.Withdrawn:
        return withdrawing.run(self.db, request, caller)

    @serves(m.ListApplications, allow=SEES_APPLICATIONS)
    def list_applications(self, request: m.ListApplications, caller: Caller) -> m.ApplicationPage:
        return application_review.search(self.db, request)

    @serves(m.GetApplication, allow=SEES_APPLICATIONS)
    def get_application(self, request: m.GetApplication, caller: Caller) -> m.ApplicationDetails:
        return application_review.get(self.db, self.tools, request, caller)

    @serves(m.StaffApplicationDocument, allow=SEES_APPLICATIONS)
    def staff_application_document(self, request: m.StaffApplicationDocument, caller: Caller) -> m.Document:
        return application_review.document(self.db, self.tools, request, caller)

    @serves(m.StartOriginal, allow=KEEPS_CLIENTS)
    def start_original(self, request: m.StartOriginal, caller: Caller) -> m.Original:
        return application_originals.start(self.db, self.tools, request, caller)

    @serves(m.AppendOriginal, allow=KEEPS_CLIENTS)
    def append_original(self, request: m.AppendOriginal, caller: Caller) -> m.Original:
        return application_originals.append(self.db, request, caller)

    @serves(m.ReadOriginal, allow=SEES_APPLICATIONS)
    def read_original(self, request: m.ReadOriginal, caller: Caller) -> m.OriginalPiece:
        return application_originals.read(self.db, request, caller)

    @serves(m.ApproveApplication, allow=fresh(KEEPS_CLIENTS))
    def approve_application(self, request: m.ApproveApplication, caller: Caller) -> m.ApplicationDetails:
        return application_review.approve(self.db, self.tools, request, caller)

    @serves(m.RefuseApplication, allow=KEEPS_CLIENTS)
    def refuse_application(self, request: m.RefuseApplication, caller: Caller) -> m.ApplicationDetails:
        return application_review.refuse(self.db, self.tools, request, caller)

    @serves(m.CreateUser, allow=fresh(KEEPS_CLIENTS))
    def create_user(self, request: m.CreateUser, caller: Caller) -> m.CreatedUser:
        return service_centre.run(self.db, self.tools, request, caller)

    @every(seconds=3600)
    def lapse_applications(self, caller: Caller) -> None:
        lapsing.run(self.db, self.tools, caller)

    @subscribe(AuditRecorded)
    def on_audit_recorded(self, event: AuditRecorded, delivery: Delivery) -> None:
        append_audit.run(self.db, event, delivery)

    @every(seconds=15)
    def remind_of_old_passwords(self, caller: Caller) -> None:
        remind_passwords.run(self.db, self.tools.settings, caller)

    @every(seconds=15)
    def block_unactivated(self, caller: Caller) -> None:
        unactivated.run(self.db, caller)

    @every(seconds=1)
    def issue_links(self, caller: Caller) -> None:
        links.work_off(self.db, self.tools, caller)

    @every(seconds=30)
    def tend_signing_keys(self, caller: Caller) -> None:
        signing_keys.tend(self.db, self.tools.keys, self.tools.settings, caller)

    @every(seconds=3600)
    def tidy(self, caller: Caller) -> None:
        tidy.run(self.db, caller)
