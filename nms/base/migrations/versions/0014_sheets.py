"""spreadsheets of acts

Revision: 0014, after: 0016
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0014'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('spectrum_sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=31), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('octets', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('layout', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('created_by', sa.String(length=255), nullable=False),
    sa.Column('outcome', sa.String(length=15), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('ended_by', sa.String(length=255), nullable=False),
    sa.Column('acts', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spectrum_sheet')),
    sa.UniqueConstraint('reference', name=op.f('uq_spectrum_sheet_reference'))
    )
    op.create_index('ix_spectrum_sheet_fingerprint', 'spectrum_sheet', ['fingerprint'])


def downgrade() -> None:
    op.drop_index('ix_spectrum_sheet_fingerprint', 'spectrum_sheet')
    op.drop_table('spectrum_sheet')
