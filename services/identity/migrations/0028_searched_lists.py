"""Machine clients and drafts of the terms are searched by words, like the other lists of staff."""

from alembic import op

revision = "0028"
down_revision = "0027"

# What is there is folded as chassis.text.fold folds Latvian letters; everything written from now on goes through it.
SCRIPT = """
ALTER TABLE machine_clients ADD COLUMN search_text text NOT NULL DEFAULT '';
UPDATE machine_clients SET search_text = translate(lower(concat_ws(' ', name, contact, note)),
    'āčēģīķļņšūžōŗĀČĒĢĪĶĻŅŠŪŽŌŖ', 'acegiklnsuzoracegiklnsuzor');
CREATE INDEX machine_clients_search ON machine_clients USING gin (search_text gin_trgm_ops);
ALTER TABLE terms_drafts ADD COLUMN search_text text NOT NULL DEFAULT '';
UPDATE terms_drafts SET search_text = translate(lower(concat_ws(' ', title, note)),
    'āčēģīķļņšūžōŗĀČĒĢĪĶĻŅŠŪŽŌŖ', 'acegiklnsuzoracegiklnsuzor');
CREATE INDEX terms_drafts_search ON terms_drafts USING gin (search_text gin_trgm_ops);
CREATE INDEX terms_drafts_newest ON terms_drafts (updated_at DESC, id DESC);
"""


def upgrade() -> None:
    op.execute(SCRIPT)
