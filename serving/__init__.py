"""Doors of the server: how it listens and what it adds to every answer; no arithmetic."""
