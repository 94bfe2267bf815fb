"""attachments of acts and projects

Revision: 0011, after: 0006
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0011'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('spectrum_attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=15), nullable=False),
    sa.Column('of_key', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=31), nullable=False),
    sa.Column('form', sa.String(length=7), nullable=False),
    sa.Column('octets', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('added_at', UtcDateTime(), nullable=False),
    sa.Column('added_by', sa.String(length=255), nullable=False),
    sa.Column('ledger_seq', sa.Integer(), nullable=False),
    sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
    sa.Column('withdrawn_by', sa.String(length=255), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spectrum_attachment')),
    sa.UniqueConstraint('key', name=op.f('uq_spectrum_attachment_key'))
    )
    op.create_index('ix_spectrum_attachment_subject', 'spectrum_attachment', ['subject', 'of_key'])


def downgrade() -> None:
    op.drop_index('ix_spectrum_attachment_subject', 'spectrum_attachment')
    op.drop_table('spectrum_attachment')
