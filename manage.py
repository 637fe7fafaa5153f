"""Django's commands. `./run manage …` starts the database first and knows its owner."""

import os
import sys

from django.core.management import execute_from_command_line

from config.memory import keep_inside

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    keep_inside()
    execute_from_command_line(sys.argv)
