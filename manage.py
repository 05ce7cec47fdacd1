#!/usr/bin/env python
"""The command line of Configureme."""

import os
import sys


def main() -> None:
    os.umask(0o077)  # panel/state.py
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panel.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from panel.output import whole_output

    with whole_output():
        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            sys.exit(f"The settings do not hold: {error}")


if __name__ == "__main__":
    main()
