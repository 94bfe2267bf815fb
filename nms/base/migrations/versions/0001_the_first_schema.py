"""the first schema

Revision: 0001, after: 
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime
from nms.base.ledger import SEAL


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('communes', sa.Text(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('created_by', sa.String(length=63), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_token_digest')),
    sa.UniqueConstraint('name', name=op.f('uq_api_token_name'))
    )
    op.create_table('commune',
    sa.Column('insee', sa.String(length=5), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('department', sa.String(length=3), nullable=False),
    sa.Column('epci_siren', sa.String(length=9), nullable=False),
    sa.Column('epci_name', sa.String(length=255), nullable=False),
    sa.Column('population', sa.Integer(), nullable=True),
    sa.Column('population_year', sa.Integer(), nullable=True),
    sa.Column('area_km2', sa.Double(), nullable=True),
    sa.Column('lat_deg', sa.Double(), nullable=True),
    sa.Column('lon_deg', sa.Double(), nullable=True),
    sa.Column('vintage', sa.Integer(), nullable=False),
    sa.Column('search_name', sa.String(length=63), nullable=False),
    sa.PrimaryKeyConstraint('insee', name=op.f('pk_commune'))
    )
    with op.batch_alter_table('commune', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_commune_department'), ['department'], unique=False)
        batch_op.create_index(batch_op.f('ix_commune_epci_siren'), ['epci_siren'], unique=False)
        batch_op.create_index(batch_op.f('ix_commune_search_name'), ['search_name'], unique=False)

    op.create_table('commune_successor',
    sa.Column('old_insee', sa.String(length=5), nullable=False),
    sa.Column('old_name', sa.String(length=63), nullable=False),
    sa.Column('new_insee', sa.String(length=5), nullable=False),
    sa.Column('kind', sa.String(length=63), nullable=False),
    sa.Column('date_on', sa.Date(), nullable=True),
    sa.Column('search_name', sa.String(length=63), nullable=False),
    sa.PrimaryKeyConstraint('old_insee', name=op.f('pk_commune_successor'))
    )
    with op.batch_alter_table('commune_successor', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_commune_successor_new_insee'), ['new_insee'], unique=False)

    op.create_table('contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('organisation', sa.String(length=255), nullable=False),
    sa.Column('phone', sa.String(length=63), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact')),
    sa.UniqueConstraint('name', name=op.f('uq_contact_name'))
    )
    op.create_table('credential',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('kind', sa.Enum('v1', 'v2c', 'v3', name='credentialkind', native_enum=False, length=32), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credential')),
    sa.UniqueConstraint('name', name=op.f('uq_credential_name'))
    )
    op.create_table('current_health',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('since', UtcDateTime(), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'name', name=op.f('pk_current_health'))
    )
    op.create_table('department',
    sa.Column('code', sa.String(length=3), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('region', sa.String(length=3), nullable=False),
    sa.Column('region_name', sa.String(length=63), nullable=False),
    sa.Column('region_2015', sa.String(length=3), nullable=False),
    sa.Column('region_2015_name', sa.String(length=63), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_department'))
    )
    op.create_table('health_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('before', sa.String(length=16), nullable=False),
    sa.Column('after', sa.String(length=16), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_health_event'))
    )
    with op.batch_alter_table('health_event', schema=None) as batch_op:
        batch_op.create_index('ix_health_event_at', ['at'], unique=False)
        batch_op.create_index('ix_health_event_object', ['kind', 'name', 'at'], unique=False)

    op.create_table('ledger',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('actor', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=63), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_ledger')),
    sa.UniqueConstraint('digest', name=op.f('uq_ledger_digest'))
    )
    with op.batch_alter_table('ledger', schema=None) as batch_op:
        batch_op.create_index('ix_ledger_subject', ['kind', 'subject'], unique=False)

    op.create_table('lifecycle_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('before', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=True),
    sa.Column('after', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('by', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lifecycle_change'))
    )
    with op.batch_alter_table('lifecycle_change', schema=None) as batch_op:
        batch_op.create_index('ix_lifecycle_change_object', ['kind', 'name'], unique=False)

    op.create_table('login_failure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('user', sa.String(length=63), nullable=False),
    sa.Column('address', sa.String(length=63), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_failure'))
    )
    with op.batch_alter_table('login_failure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_failure_at'), ['at'], unique=False)

    op.create_table('one_time_link',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_one_time_link'))
    )
    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('roles', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('theme', sa.String(length=8), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('name', name=op.f('uq_user_account_name'))
    )
    op.create_table('commune_outline',
    sa.Column('insee', sa.String(length=5), nullable=False),
    sa.Column('geometry', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['insee'], ['commune.insee'], name=op.f('fk_commune_outline_insee_commune'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('insee', name=op.f('pk_commune_outline'))
    )
    op.create_table('site',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('base_station', 'cybercentre', 'town_hall', 'pop', 'other', name='sitekind', native_enum=False, length=32), nullable=False),
    sa.Column('insee', sa.String(length=5), nullable=True),
    sa.Column('lat_deg', sa.Double(), nullable=True),
    sa.Column('lon_deg', sa.Double(), nullable=True),
    sa.Column('altitude_m', sa.Double(), nullable=True),
    sa.Column('address', sa.String(length=255), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('lifecycle', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_site_contact_id_contact')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site')),
    sa.UniqueConstraint('name', name=op.f('uq_site_name'))
    )
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_insee'), ['insee'], unique=False)

    op.create_table('user_session',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_user_session_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_user_session'))
    )
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_session_user_id'), ['user_id'], unique=False)

    op.create_table('device',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.Enum('base_station', 'terminal', 'backhaul', 'router', 'switch', 'access_point', 'server', 'other', name='devicerole', native_enum=False, length=32), nullable=False),
    sa.Column('family', sa.String(length=63), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=False),
    sa.Column('credential_id', sa.Integer(), nullable=True),
    sa.Column('reachability', sa.Enum('snmp', 'icmp', name='reachability', native_enum=False, length=32), nullable=False),
    sa.Column('poll_interval_s', sa.Integer(), nullable=True),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('vendor', sa.String(length=255), nullable=False),
    sa.Column('model', sa.String(length=255), nullable=False),
    sa.Column('serial', sa.String(length=255), nullable=False),
    sa.Column('lifecycle', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.ForeignKeyConstraint(['credential_id'], ['credential.id'], name=op.f('fk_device_credential_id_credential')),
    sa.ForeignKeyConstraint(['parent_id'], ['device.id'], name=op.f('fk_device_parent_id_device')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_device_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device')),
    sa.UniqueConstraint('name', name=op.f('uq_device_name'))
    )
    with op.batch_alter_table('device', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_device_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_device_site_id'), ['site_id'], unique=False)

    op.create_table('interface',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('descr', sa.String(length=255), nullable=False),
    sa.Column('alias', sa.String(length=255), nullable=False),
    sa.Column('if_index', sa.Integer(), nullable=True),
    sa.Column('speed_bps', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_interface_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interface')),
    sa.UniqueConstraint('device_id', 'name', name=op.f('uq_interface_device_id_name'))
    )
    with op.batch_alter_table('interface', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_interface_device_id'), ['device_id'], unique=False)

    op.create_table('sector',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('radio_index', sa.String(length=63), nullable=False),
    sa.Column('azimuth_deg', sa.Double(), nullable=True),
    sa.Column('beamwidth_deg', sa.Double(), nullable=True),
    sa.Column('tilt_deg', sa.Double(), nullable=True),
    sa.Column('height_m', sa.Double(), nullable=True),
    sa.Column('gain_dbi', sa.Double(), nullable=True),
    sa.Column('feeder_loss_db', sa.Double(), nullable=True),
    sa.Column('power_dbm', sa.Double(), nullable=True),
    sa.Column('centre_khz', sa.Integer(), nullable=True),
    sa.Column('width_khz', sa.Integer(), nullable=True),
    sa.Column('lifecycle', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_sector_device_id_device'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sector')),
    sa.UniqueConstraint('name', name=op.f('uq_sector_name'))
    )
    with op.batch_alter_table('sector', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sector_device_id'), ['device_id'], unique=False)

    op.create_table('hotspot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('ssid', sa.String(length=32), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('device_id', sa.Integer(), nullable=True),
    sa.Column('interface_id', sa.Integer(), nullable=True),
    sa.Column('lifecycle', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_hotspot_device_id_device')),
    sa.ForeignKeyConstraint(['interface_id'], ['interface.id'], name=op.f('fk_hotspot_interface_id_interface')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_hotspot_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hotspot')),
    sa.UniqueConstraint('name', name=op.f('uq_hotspot_name'))
    )
    with op.batch_alter_table('hotspot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hotspot_device_id'), ['device_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_hotspot_interface_id'), ['interface_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_hotspot_site_id'), ['site_id'], unique=False)

    op.create_table('terminal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('sector_id', sa.Integer(), nullable=True),
    sa.Column('device_id', sa.Integer(), nullable=True),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('mac', sa.String(length=17), nullable=False),
    sa.Column('lifecycle', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_terminal_device_id_device')),
    sa.ForeignKeyConstraint(['sector_id'], ['sector.id'], name=op.f('fk_terminal_sector_id_sector')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_terminal_site_id_site')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_terminal')),
    sa.UniqueConstraint('name', name=op.f('uq_terminal_name'))
    )
    with op.batch_alter_table('terminal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_terminal_device_id'), ['device_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_terminal_sector_id'), ['sector_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_terminal_site_id'), ['site_id'], unique=False)

    op.create_table('link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('dedicated', 'backhaul', 'access', name='linkkind', native_enum=False, length=32), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('a_interface_id', sa.Integer(), nullable=True),
    sa.Column('b_interface_id', sa.Integer(), nullable=True),
    sa.Column('sector_id', sa.Integer(), nullable=True),
    sa.Column('terminal_id', sa.Integer(), nullable=True),
    sa.Column('committed_bps', sa.BigInteger(), nullable=True),
    sa.Column('provider', sa.String(length=255), nullable=False),
    sa.Column('contract_class', sa.String(length=63), nullable=False),
    sa.Column('lifecycle', sa.Enum('planned', 'in_service', 'maintenance', 'retired', name='lifecycle', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['a_interface_id'], ['interface.id'], name=op.f('fk_link_a_interface_id_interface')),
    sa.ForeignKeyConstraint(['b_interface_id'], ['interface.id'], name=op.f('fk_link_b_interface_id_interface')),
    sa.ForeignKeyConstraint(['sector_id'], ['sector.id'], name=op.f('fk_link_sector_id_sector')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_link_site_id_site')),
    sa.ForeignKeyConstraint(['terminal_id'], ['terminal.id'], name=op.f('fk_link_terminal_id_terminal')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link')),
    sa.UniqueConstraint('name', name=op.f('uq_link_name'))
    )
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_link_a_interface_id'), ['a_interface_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_b_interface_id'), ['b_interface_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_sector_id'), ['sector_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_site_id'), ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_terminal_id'), ['terminal_id'], unique=False)

    for statement in SEAL[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_link_terminal_id'))
        batch_op.drop_index(batch_op.f('ix_link_site_id'))
        batch_op.drop_index(batch_op.f('ix_link_sector_id'))
        batch_op.drop_index(batch_op.f('ix_link_b_interface_id'))
        batch_op.drop_index(batch_op.f('ix_link_a_interface_id'))

    op.drop_table('link')
    with op.batch_alter_table('terminal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_terminal_site_id'))
        batch_op.drop_index(batch_op.f('ix_terminal_sector_id'))
        batch_op.drop_index(batch_op.f('ix_terminal_device_id'))

    op.drop_table('terminal')
    with op.batch_alter_table('hotspot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hotspot_site_id'))
        batch_op.drop_index(batch_op.f('ix_hotspot_interface_id'))
        batch_op.drop_index(batch_op.f('ix_hotspot_device_id'))

    op.drop_table('hotspot')
    with op.batch_alter_table('sector', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sector_device_id'))

    op.drop_table('sector')
    with op.batch_alter_table('interface', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_interface_device_id'))

    op.drop_table('interface')
    with op.batch_alter_table('device', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_device_site_id'))
        batch_op.drop_index(batch_op.f('ix_device_parent_id'))

    op.drop_table('device')
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_session_user_id'))

    op.drop_table('user_session')
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_insee'))

    op.drop_table('site')
    op.drop_table('commune_outline')
    op.drop_table('user_account')
    op.drop_table('one_time_link')
    with op.batch_alter_table('login_failure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_failure_at'))

    op.drop_table('login_failure')
    with op.batch_alter_table('lifecycle_change', schema=None) as batch_op:
        batch_op.drop_index('ix_lifecycle_change_object')

    op.drop_table('lifecycle_change')
    with op.batch_alter_table('ledger', schema=None) as batch_op:
        batch_op.drop_index('ix_ledger_subject')

    op.drop_table('ledger')
    with op.batch_alter_table('health_event', schema=None) as batch_op:
        batch_op.drop_index('ix_health_event_object')
        batch_op.drop_index('ix_health_event_at')

    op.drop_table('health_event')
    op.drop_table('department')
    op.drop_table('current_health')
    op.drop_table('credential')
    op.drop_table('contact')
    with op.batch_alter_table('commune_successor', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_commune_successor_new_insee'))

    op.drop_table('commune_successor')
    with op.batch_alter_table('commune', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_commune_search_name'))
        batch_op.drop_index(batch_op.f('ix_commune_epci_siren'))
        batch_op.drop_index(batch_op.f('ix_commune_department'))

    op.drop_table('commune')
    op.drop_table('api_token')
