"""files of acts that wait for another officer

Revision: 0020, after: 0018
"""

from alembic import op
import sqlalchemy as sa


revision = '0020'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('spectrum_sheet', schema=None) as batch_op:
        batch_op.add_column(sa.Column('form', sa.String(length=15), nullable=False, server_default='sheet'))
        batch_op.add_column(sa.Column('correct', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('spectrum_sheet', schema=None) as batch_op:
        batch_op.alter_column('form', server_default=None)
        batch_op.alter_column('correct', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('spectrum_sheet', schema=None) as batch_op:
        batch_op.drop_column('correct')
        batch_op.drop_column('form')
