"""Operations and spectrum management for a regional broadband network."""

__version__ = "0.1.0"
