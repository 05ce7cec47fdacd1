"""The one decider: for each kind of record, what a view of the DNS means and what mends it. Pure."""
