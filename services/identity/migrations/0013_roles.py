"""Roles as data: what each may, and who had which when."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("""
CREATE TABLE role_kinds (role text PRIMARY KEY, place integer NOT NULL);
CREATE TABLE role_permissions (
    role text NOT NULL REFERENCES role_kinds,
    permission text NOT NULL,
    PRIMARY KEY (role, permission)
);
CREATE TABLE role_changes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL,
    what text NOT NULL CHECK (what IN ('granted', 'revoked')),
    ground text NOT NULL,
    by_user uuid REFERENCES users,
    by_name text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX role_changes_of ON role_changes (user_id, at DESC, id DESC);

INSERT INTO role_kinds VALUES
    ('customer_service', 1), ('permit_engineer', 2), ('accountant', 3), ('administrator', 4), ('auditor', 5);
INSERT INTO role_permissions VALUES
    ('customer_service', 'clients.keep'), ('customer_service', 'users.keep'), ('customer_service', 'cases.see'),
    ('customer_service', 'finance.see'), ('customer_service', 'contracts.see'), ('customer_service', 'permits.see'),
    ('customer_service', 'messages.keep'),
    ('permit_engineer', 'clients.see'), ('permit_engineer', 'cases.decide'), ('permit_engineer', 'permits.keep'),
    ('permit_engineer', 'messages.see'),
    ('accountant', 'clients.see'), ('accountant', 'finance.keep'), ('accountant', 'contracts.see'),
    ('accountant', 'permits.see'), ('accountant', 'messages.see'),
    ('administrator', 'clients.keep'), ('administrator', 'users.keep'), ('administrator', 'roles.keep'),
    ('administrator', 'cases.see'), ('administrator', 'permits.keep'), ('administrator', 'contracts.see'),
    ('administrator', 'messages.keep'), ('administrator', 'system.keep'), ('administrator', 'audit.see'),
    ('auditor', 'clients.see'), ('auditor', 'users.see'), ('auditor', 'roles.see'), ('auditor', 'cases.see'),
    ('auditor', 'permits.see'), ('auditor', 'contracts.see'), ('auditor', 'finance.see'), ('auditor', 'system.see'),
    ('auditor', 'messages.see'), ('auditor', 'audit.see');
-- A role that is given must be one of these.
ALTER TABLE staff_roles ADD CONSTRAINT staff_roles_role_known FOREIGN KEY (role) REFERENCES role_kinds;
""")
