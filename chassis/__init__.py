"""What every service is built from; not one business word lives here."""

import warnings

# eventlet announces its maintenance mode at every import; the decision for it stands in docs/decisions.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
