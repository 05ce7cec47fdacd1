"""Zones at their providers: which one holds a name, what a plan changes in it, applying and undoing."""
