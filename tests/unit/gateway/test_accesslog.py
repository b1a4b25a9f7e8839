"""The access log says which page was asked for, and repeats nothing that was merely typed."""

from __future__ import annotations

import pytest
from flask import Flask, Response, request

from gateway.accesslog import path_of


@pytest.mark.parametrize(
    ("path", "status", "logged"),
    [
        ("/permits/1", 200, "/permits/1"),
        ("/permits/anna@klients.example", 404, "/permits/<number>"),
        ("/anna@klients.example", 404, "/…"),
        ("/profile/anna@klients.example/x", 404, "/…"),
        ("/permits/1", 405, "/permits/1"),
    ],
)
def test_a_path_that_is_not_there_is_not_repeated(path: str, status: int, logged: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/permits/<number>", "permit", lambda number: number)
    with app.test_request_context(path):
        assert path_of(request, Response(status=status)) == logged
