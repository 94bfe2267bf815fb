"""The control room: polling, counters, health, history and reports."""
