"""The door of a checkout: `python cli.py plan` without installing anything."""

from reconciler.commands import main

if __name__ == "__main__":
    main()
