"""Bulk runs: loading a table, checking its rows, applying them, handing out what came of it."""
