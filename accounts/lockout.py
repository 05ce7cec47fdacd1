"""When wrong passwords lock an account, unless its service's security policy says otherwise."""

from __future__ import annotations

THRESHOLD = 10  # wrong passwords; 0: never
RESET = 15  # minutes after the first of them in which they count
DURATION = 15  # minutes of the lock
LONGEST = 7 * 24 * 60  # minutes
MOST = 1000
