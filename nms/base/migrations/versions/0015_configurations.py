"""configurations of devices: how they are reached, versions, backups, host keys, locks

Revision: 0015, after: 0013
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0015'
down_revision = '0013'
branch_labels = None
depends_on = None

_CAUSE = sa.Enum('nightly', 'trap', 'manual', 'before_change', 'after_change', 'rehearsal', name='cause', native_enum=False, length=32)


def _of_device(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f(f'fk_{table}_device_id_device'), ondelete='CASCADE')


def upgrade() -> None:
    op.add_column('device', sa.Column('cli', sa.String(length=40), server_default='', nullable=False))
    op.add_column('device', sa.Column('ssh_port', sa.Integer(), nullable=True))
    # Written out, for both databases take it so: SQLite adds no constraint to a table that is there.
    op.execute('ALTER TABLE device ADD COLUMN ssh_credential_id INTEGER '
               'CONSTRAINT fk_device_ssh_credential_id_credential REFERENCES credential (id)')
    op.create_table('config_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('author', sa.String(length=255), nullable=False),
    sa.Column('cause', _CAUSE, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    _of_device('config_version'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_config_version'))
    )
    op.create_index('ix_config_version_device', 'config_version', ['device_id', 'id'])
    op.create_table('config_backup',
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('tried_at', UtcDateTime(), nullable=False),
    sa.Column('good_at', UtcDateTime(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=63), nullable=False),
    sa.Column('told', sa.Text(), nullable=False),
    _of_device('config_backup'),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_config_backup'))
    )
    op.create_table('host_key',
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('pinned', sa.Text(), nullable=False),
    sa.Column('pinned_at', UtcDateTime(), nullable=True),
    sa.Column('pinned_by', sa.String(length=255), nullable=False),
    sa.Column('offered', sa.Text(), nullable=False),
    sa.Column('offered_at', UtcDateTime(), nullable=True),
    _of_device('host_key'),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_host_key'))
    )
    op.create_table('device_lock',
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(length=255), nullable=False),
    sa.Column('since', UtcDateTime(), nullable=False),
    sa.Column('until', UtcDateTime(), nullable=False),
    _of_device('device_lock'),
    sa.PrimaryKeyConstraint('device_id', name=op.f('pk_device_lock'))
    )


def downgrade() -> None:
    for table in ('device_lock', 'host_key', 'config_backup'):
        op.drop_table(table)
    op.drop_index('ix_config_version_device', 'config_version')
    op.drop_table('config_version')
    if op.get_bind().dialect.name == 'postgresql':  # SQLite drops no column that refers to another table
        op.drop_column('device', 'ssh_credential_id')
    op.drop_column('device', 'ssh_port')
    op.drop_column('device', 'cli')
