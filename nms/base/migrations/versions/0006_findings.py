"""findings of discovery

Revision: 0006, after: 0002
"""

from alembic import op
import sqlalchemy as sa

from nms.base.db import UtcDateTime


revision = '0006'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('finding',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=False),
    sa.Column('dismissed_at', UtcDateTime(), nullable=True),
    sa.Column('dismissed_by', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding')),
    sa.UniqueConstraint('key', name=op.f('uq_finding_key'))
    )


def downgrade() -> None:
    op.drop_table('finding')
