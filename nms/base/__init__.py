"""The floor: clock, units, ids, errors, settings, secrets, database, ledger, permissions, metrics."""
