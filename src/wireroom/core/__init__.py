"""The rules, pure: what we would explain on a whiteboard. No I/O, no clock, no chance, no log."""
