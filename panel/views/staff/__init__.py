"""Pages for the operator's own people."""
