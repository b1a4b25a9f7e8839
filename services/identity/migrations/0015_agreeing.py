"""Drafts and files of the terms, consents, notices of the portal; a published version cannot be changed."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("""
    ALTER TABLE terms_versions ADD COLUMN number integer, ADD COLUMN note text, ADD COLUMN drafted_by text,
        ADD COLUMN published_by text;
    ALTER TABLE sessions ADD COLUMN terms_id uuid;
    CREATE FUNCTION refuse_change_of_terms() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'a published version of the terms is never changed'; END $$;
    CREATE TRIGGER terms_versions_never_change BEFORE UPDATE ON terms_versions
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_terms();

    CREATE TABLE terms_drafts (
        id uuid PRIMARY KEY, version integer NOT NULL, title text NOT NULL, text text NOT NULL, note text,
        approved_on date NOT NULL, valid_from date NOT NULL, drafted_by uuid NOT NULL, drafted_by_name text NOT NULL,
        updated_at timestamptz NOT NULL
    );
    CREATE TABLE terms_announcements (
        terms_id uuid PRIMARY KEY REFERENCES terms_versions, after uuid, told integer NOT NULL, done_at timestamptz
    );
    CREATE TABLE consents (
        id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users,
        kind text NOT NULL CHECK (kind IN ('data_processing', 'electronic_documents')), given boolean NOT NULL,
        text_sha256 text NOT NULL, at timestamptz NOT NULL, address text, session_id uuid, terms_id uuid
    );
    CREATE INDEX consents_of ON consents (user_id, kind, at);
    CREATE TABLE portal_notices (
        id uuid PRIMARY KEY, text_lv text NOT NULL, text_en text NOT NULL, closes boolean NOT NULL,
        starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, made_by text NOT NULL,
        made_at timestamptz NOT NULL, ended_by text, CHECK (ends_at > starts_at)
    );
    CREATE INDEX portal_notices_by_end ON portal_notices (ends_at);
    """)
