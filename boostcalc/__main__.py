"""`python -m boostcalc` is `boostcalc`."""

from boostcalc.cli import main

if __name__ == "__main__":
    main()
