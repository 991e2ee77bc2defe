"""`python -m tmr` is the command line."""

from tmr.cli import main

if __name__ == "__main__":
    main()
