"""What devices tell by themselves: heard by a process of its own, noted, followed by a look (docs/notifications)."""
