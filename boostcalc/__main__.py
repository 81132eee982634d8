"""`python -m boostcalc`: the command line, where its script is not on the path."""

from boostcalc.cli import main

if __name__ == "__main__":
    main()
