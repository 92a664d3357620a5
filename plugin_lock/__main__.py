"""Runs the command line as `python -m plugin_lock`."""

from plugin_lock.main import main

if __name__ == "__main__":
    main()
