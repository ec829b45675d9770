"""What both apps have in common: how a bug is answered."""

import pytest
from fastapi.testclient import TestClient

from tldr_reward.apps.local import local_app


def test_a_bug_is_answered_as_other_errors_are():
    app = local_app("an app", "1", (), 1000)

    @app.get("/bug")
    def bug():
        return {}["nothing"]

    with pytest.raises(KeyError):  # it is not hidden from whoever runs the server
        TestClient(app, "http://127.0.0.1").get("/bug")
    answer = TestClient(app, "http://127.0.0.1", raise_server_exceptions=False).get("/bug")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "bug"
