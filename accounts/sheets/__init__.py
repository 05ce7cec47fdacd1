"""Reading a workbook in a process of its own: `python -m accounts.sheets`. Knows no Django and writes nothing.

A few hundred bytes of XLSX or ODS can ask a reader for gigabytes (a cell at XFD1048576, a row repeated a million
times). Here such a file takes down its own process alone, within limits on memory and time.
"""

from __future__ import annotations

MEMORY = 1 << 30  # bytes of address space
SECONDS = 60  # of processor time
UNREADABLE, PROTECTED, FULL = 3, 4, 5  # exit statuses; FULL: its memory
