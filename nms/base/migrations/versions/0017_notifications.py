"""what devices notify, and when nobody listened

Revision: 0017, after: 0019
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0017'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notification',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('oid', sa.Text(), nullable=False),
    sa.Column('ticks', sa.BigInteger(), nullable=True),
    sa.Column('varbinds', sa.Text(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_notification_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification'))
    )
    op.create_index('ix_notification_device', 'notification', ['device_id', 'at'])
    op.create_index('ix_notification_at', 'notification', ['at'])
    op.create_table('notification_gap',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=False),
    sa.Column('why', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_gap'))
    )


def downgrade() -> None:
    op.drop_table('notification_gap')
    op.drop_index('ix_notification_at', 'notification')
    op.drop_index('ix_notification_device', 'notification')
    op.drop_table('notification')
