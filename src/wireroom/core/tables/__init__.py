"""GENERATED facts: see tools/generate_tables.py."""
