"""Payment providers: `base` says what one can do, one file per provider, `registry` finds it by name."""
