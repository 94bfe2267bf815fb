"""HTTP only: parse, permission, service, render."""
