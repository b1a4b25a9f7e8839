"""Synthetic people, companies and terms; no one in it exists."""
