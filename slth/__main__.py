"""`python -m slth` is the program `slth`."""

from slth.cli.main import main

if __name__ == "__main__":
    main()
