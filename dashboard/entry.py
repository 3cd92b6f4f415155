"""Where the command begins: the statusline loads next to nothing, all else the command line."""

import sys


def main() -> None:
    if sys.argv[1:] == ["statusline"]:
        from dashboard.statusline import main as run
    else:
        from dashboard.cli import main as run
    run()


if __name__ == "__main__":
    main()
