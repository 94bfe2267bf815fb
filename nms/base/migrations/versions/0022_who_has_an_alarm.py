"""who has an alarm

Revision: 0022, after: 0021
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('acknowledgement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('taken_by', sa.String(length=255), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('ended_by', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_acknowledgement'))
    )
    op.create_index('ix_acknowledgement_object', 'acknowledgement', ['kind', 'name', 'at'])


def downgrade() -> None:
    op.drop_index('ix_acknowledgement_object', 'acknowledgement')
    op.drop_table('acknowledgement')
