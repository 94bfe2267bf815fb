"""Who may emit where, when, and by which act."""
