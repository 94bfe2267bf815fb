"""changes of what is on the air against the rights

Revision: 0019, after: 0015
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0019'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('conformity_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('before', sa.String(length=16), nullable=False),
    sa.Column('after', sa.String(length=16), nullable=False),
    sa.Column('told', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conformity_event'))
    )
    op.create_index('ix_conformity_event_object', 'conformity_event', ['kind', 'name', 'at'])
    op.create_index('ix_conformity_event_at', 'conformity_event', ['at'])


def downgrade() -> None:
    op.drop_index('ix_conformity_event_at', 'conformity_event')
    op.drop_index('ix_conformity_event_object', 'conformity_event')
    op.drop_table('conformity_event')
