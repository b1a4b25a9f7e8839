"""The table at the end of ./portal up: where to look and with whom to sign in."""

from deploy.local import credentials, identity_providers
from deploy.local.paths import Place, config

PASSWORD = "Parole-2026"
LOGINS = (
    ("anna@radiolinks.example", "SIA Radio Links, main user"),
    ("juris@radiolinks.example", "SIA Radio Links, additional user: sees, may not pay"),
    ("ilze@pilsudens.example", "another client, legal person"),
    ("peteris@example.com", "natural person"),
    ("engineer@portal.example", "staff: permit engineer"),
    ("accountant@portal.example", "staff: accountant"),
    ("service@portal.example", "staff: customer service"),
    ("admin@portal.example", "staff: administrator"),
    ("admin2@portal.example", "staff: administrator, who approves what the other asks for"),
    ("auditor@portal.example", "staff: auditor"),
)


def show(place: Place) -> None:
    """Print addresses, demo logins, and what is missing in this clone."""
    at = f"http://127.0.0.1:{place['gateway']}"
    rows = [
        ("Portal", at),
        ("Staff console", f"{at}/staff"),
        ("API documentation", f"{at}/api/v1/docs"),
        ("Mail catcher", f"http://127.0.0.1:{place['mail-ui']}"),
        ("SMS catcher", f"http://127.0.0.1:{place['sms-catcher']}"),
        ("Sandbox bank", f"http://127.0.0.1:{place['bank']}"),
    ]
    if identity_providers.available():
        rows.append(("OpenID provider", f"http://127.0.0.1:{place['oidc-provider']}"))
        rows.append(("WS-Federation", f"http://127.0.0.1:{place['wsfed-provider']}"))
    if not config().get("amqp_url"):
        password = credentials.load(place)["broker"]["admin"]
        rows.append(("RabbitMQ management", f"http://127.0.0.1:{place['management']}   admin / {password}"))
    print()
    for name, where in rows:
        print(f"  {name:20} {where}")
    print(f"\n  Demo logins, password {PASSWORD}")
    for login, who in LOGINS:
        print(f"  {login:27} {who}")
    print("\n  ./portal status | logs NAME | down")
