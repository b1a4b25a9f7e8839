"""What every service is built from; not one business word lives here."""
