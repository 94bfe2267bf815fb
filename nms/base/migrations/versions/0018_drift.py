"""drift of configurations from golden blocks, and events of the timeline of a device

Revision: 0018, after: 0017
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def _of_device(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f(f'fk_{table}_device_id_device'), ondelete='CASCADE')


def upgrade() -> None:
    op.create_table('config_drift',
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=15), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('since', UtcDateTime(), nullable=True),
    sa.Column('judged_at', UtcDateTime(), nullable=True),
    sa.Column('version_id', sa.Integer(), nullable=True),
    sa.Column('stamp', sa.String(length=64), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    _of_device('config_drift'),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_config_drift'))
    )
    op.create_table('config_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('kind', sa.String(length=15), nullable=False),
    sa.Column('told', sa.Text(), nullable=False),
    _of_device('config_event'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_config_event'))
    )
    op.create_index('ix_config_event_device', 'config_event', ['device_id', 'at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_config_event_device', table_name='config_event')
    op.drop_table('config_event')
    op.drop_table('config_drift')
