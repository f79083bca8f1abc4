"""`python -m derive`: the command line, also where no script is on the path."""

from derive.cli import main

if __name__ == "__main__":
    main(prog_name="derive")
