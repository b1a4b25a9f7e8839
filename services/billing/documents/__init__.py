"""Documents billing makes: the invoice as PDF."""
