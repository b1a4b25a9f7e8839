"""The file in which a version of the terms was approved, put to its draft and published with it."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE terms_files (
        id uuid PRIMARY KEY, draft_id uuid REFERENCES terms_drafts, terms_id uuid UNIQUE REFERENCES terms_versions,
        blob_id uuid NOT NULL, name text NOT NULL, size bigint NOT NULL, sha256 text, added_at timestamptz NOT NULL,
        added_by uuid NOT NULL, added_by_name text NOT NULL,
        CHECK ((draft_id IS NULL) <> (terms_id IS NULL)), CHECK (terms_id IS NULL OR sha256 IS NOT NULL)
    );
    CREATE INDEX terms_files_of_drafts ON terms_files (draft_id);
    CREATE TRIGGER terms_files_never_change BEFORE UPDATE OR DELETE ON terms_files
        FOR EACH ROW WHEN (OLD.terms_id IS NOT NULL) EXECUTE FUNCTION refuse_change_of_terms();
    """)
