"""the register: acts, dossiers and their events

Revision: 0002, after: 0001
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime
from spectrum.models import statements


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('spectrum_act',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=255), nullable=False),
    sa.Column('step', sa.String(length=31), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('judged', sa.Text(), nullable=False),
    sa.Column('dossier', sa.String(length=31), nullable=False),
    sa.Column('supersedes', sa.Integer(), nullable=True),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('recorded_by', sa.String(length=255), nullable=False),
    sa.Column('ledger_seq', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spectrum_act')),
    sa.UniqueConstraint('key', 'revision', name=op.f('uq_spectrum_act_key_revision'))
    )
    with op.batch_alter_table('spectrum_act', schema=None) as batch_op:
        batch_op.create_index('ix_spectrum_act_effective_on', ['effective_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_spectrum_act_number'), ['number'], unique=False)

    op.create_table('spectrum_dossier',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=31), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('cessionnaire', sa.String(length=255), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('finance', sa.LargeBinary(), nullable=True),
    sa.Column('judged', sa.Text(), nullable=False),
    sa.Column('judged_on', sa.Date(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('created_by', sa.String(length=255), nullable=False),
    sa.Column('act', sa.String(length=255), nullable=False),
    sa.Column('simulated', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spectrum_dossier')),
    sa.UniqueConstraint('key', name=op.f('uq_spectrum_dossier_key')),
    sa.UniqueConstraint('reference', name=op.f('uq_spectrum_dossier_reference'))
    )
    op.create_table('spectrum_dossier_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('dossier_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('mark', sa.String(length=31), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('by_party', sa.String(length=255), nullable=False),
    sa.Column('reference', sa.String(length=255), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('recorded_at', UtcDateTime(), nullable=False),
    sa.Column('recorded_by', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['dossier_id'], ['spectrum_dossier.id'], name=op.f('fk_spectrum_dossier_event_dossier_id_spectrum_dossier')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spectrum_dossier_event')),
    sa.UniqueConstraint('dossier_id', 'key', name=op.f('uq_spectrum_dossier_event_dossier_id_key')),
    sa.UniqueConstraint('dossier_id', 'seq', name=op.f('uq_spectrum_dossier_event_dossier_id_seq'))
    )

    for statement in statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP TABLE spectrum_cell')
    op.drop_table('spectrum_dossier_event')
    op.drop_table('spectrum_dossier')
    op.drop_table('spectrum_act')
