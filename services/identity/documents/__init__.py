"""Documents identity makes: applications and withdrawals to be signed."""
