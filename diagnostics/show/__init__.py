"""Verdicts for people: sentences, words, buttons, the layout of changes."""
