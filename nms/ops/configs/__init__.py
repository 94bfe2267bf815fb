"""Configurations of devices: read over SSH, kept as versions, compared, searched, rehearsed (docs/configuration.md)."""
