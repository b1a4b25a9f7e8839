"""Importing register files: arrival in parts, reading, applying under a lease, report; not what a row means."""
