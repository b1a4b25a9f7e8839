"""Who vouches for people from outside: one file per kind of provider, all with the words of `base`, one `registry`."""
