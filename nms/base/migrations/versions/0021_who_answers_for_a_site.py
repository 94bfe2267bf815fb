"""who answers for a site, and sites that pass to somebody else

Revision: 0021, after: 0020
"""

from alembic import op
import sqlalchemy as sa


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owner', sa.String(length=255), nullable=False, server_default=''))
    op.create_table(
        'change_reassignment',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('plan_id', sa.Integer(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('site', sa.String(length=63), nullable=False),
        sa.Column('owner_before', sa.String(length=255), nullable=False),
        sa.Column('owner_after', sa.String(length=255), nullable=False),
        sa.Column('contact_before', sa.String(length=63), nullable=False),
        sa.Column('contact_after', sa.String(length=63), nullable=False),
        sa.Column('state', sa.String(length=15), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ['plan_id'],
            ['change_plan.id'],
            name=op.f('fk_change_reassignment_plan_id_change_plan'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_change_reassignment')),
        sa.UniqueConstraint('plan_id', 'seq', name=op.f('uq_change_reassignment_plan_id_seq')),
    )
    with op.batch_alter_table('change_reassignment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_reassignment_plan_id'), ['plan_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('change_reassignment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_reassignment_plan_id'))
    op.drop_table('change_reassignment')
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.drop_column('owner')
