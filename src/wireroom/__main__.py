"""`python -m wireroom` is `wireroom`."""

from wireroom.cli import main

main()
