"""change plans

Revision: 0016, after: 0007
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0016'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('change_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=31), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(length=255), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('opens_at', UtcDateTime(), nullable=False),
    sa.Column('closes_at', UtcDateTime(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('canary', sa.Integer(), nullable=False),
    sa.Column('stop_after', sa.Integer(), nullable=False),
    sa.Column('wait_s', sa.Integer(), nullable=False),
    sa.Column('back_pct', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(length=63), nullable=False),
    sa.Column('state', sa.String(length=15), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('unattended', sa.Boolean(), nullable=False),
    sa.Column('stop_asked', sa.Boolean(), nullable=False),
    sa.Column('running_by', sa.String(length=63), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_plan')),
    sa.UniqueConstraint('key', name=op.f('uq_change_plan_key')),
    sa.UniqueConstraint('reference', name=op.f('uq_change_plan_reference'))
    )
    with op.batch_alter_table('change_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_plan_state'), ['state'], unique=False)

    op.create_table('change_approval',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('by', sa.String(length=255), nullable=False),
    sa.Column('capacity', sa.String(length=15), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['plan_id'], ['change_plan.id'], name=op.f('fk_change_approval_plan_id_change_plan'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_approval')),
    sa.UniqueConstraint('plan_id', 'digest', 'by', 'capacity', name=op.f('uq_change_approval_plan_id_digest_by_capacity'))
    )
    with op.batch_alter_table('change_approval', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_approval_plan_id'), ['plan_id'], unique=False)

    op.create_table('change_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('device', sa.String(length=63), nullable=False),
    sa.Column('base', sa.String(length=64), nullable=False),
    sa.Column('expected', sa.String(length=64), nullable=False),
    sa.Column('radios', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=15), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('log', sa.LargeBinary(), nullable=True),
    sa.Column('revert_at', UtcDateTime(), nullable=True),
    sa.Column('began_at', UtcDateTime(), nullable=True),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['plan_id'], ['change_plan.id'], name=op.f('fk_change_step_plan_id_change_plan'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_step')),
    sa.UniqueConstraint('plan_id', 'seq', name=op.f('uq_change_step_plan_id_seq'))
    )
    with op.batch_alter_table('change_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_step_device'), ['device'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_step_plan_id'), ['plan_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('change_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_step_plan_id'))
        batch_op.drop_index(batch_op.f('ix_change_step_device'))

    op.drop_table('change_step')
    with op.batch_alter_table('change_approval', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_approval_plan_id'))

    op.drop_table('change_approval')
    with op.batch_alter_table('change_plan', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_change_plan_state'))

    op.drop_table('change_plan')
