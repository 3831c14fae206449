"""Alembic's steps from each version of a label store to the next."""
