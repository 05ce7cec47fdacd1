"""Check runs: which domains are due, asking and judging them, storing what changed, the circuit breaker."""
