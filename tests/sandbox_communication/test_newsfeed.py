"""The news feed: messages, their readers, comments, files, events."""

from __future__ import annotations

import base64

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox
from tests.sandbox_communication.test_bots import told
from tests.sandbox_communication.test_open_lines import refusal
from tests.sandbox_core.conftest import App

FILE = ["план.txt", base64.b64encode("план".encode()).decode()]


def test_a_message_is_written_read_changed_and_deleted(sandbox: Sandbox) -> None:
    fields = {"POST_TITLE": "Регламент", "POST_MESSAGE": "С ноября", "TAGS": "порядок, сроки", "IMPORTANT": "Y"}
    number = sandbox.rest("log.blogpost.add", {**fields, "DEST": ["U11"], "FILES": [FILE]})
    (read,) = sandbox.rest("log.blogpost.get", {"POST_ID": number}, user=11)
    assert (read["TITLE"], read["DETAIL_TEXT"], read["HAS_TAGS"]) == ("Регламент", "С ноября", "Y")
    assert read["UF_BLOG_POST_FILE"]["VALUE"] == read["FILES"]
    assert (read["UF_BLOG_POST_IMPRTNT"]["VALUE"], len(read["FILES"])) == ("1", 1)
    assert sandbox.rest("log.blogpost.get", {"POST_ID": number}, user=12) == []
    assert sandbox.rest("log.blogpost.share", {"POST_ID": number, "DEST": ["U12"]}) is True
    assert len(sandbox.rest("log.blogpost.get", {"POST_ID": number}, user=12)) == 1
    change = {"POST_ID": number, "POST_MESSAGE": "С декабря", "FILES": {str(read["FILES"][0]): "del"}}
    assert refusal(sandbox, "log.blogpost.update", change, user=12)[0].endswith("UPDATE_ERROR")
    assert sandbox.rest("log.blogpost.update", change) == number
    (changed,) = sandbox.rest("log.blogpost.get", {"LOG_RIGHTS": ["U12"]})
    assert (changed["DETAIL_TEXT"], changed["FILES"]) == ("С декабря", [])
    assert refusal(sandbox, "log.blogpost.delete", {"POST_ID": number}, user=12) == ("403", 400)
    assert sandbox.rest("log.blogpost.delete", {"POST_ID": number}) is True
    assert refusal(sandbox, "log.blogpost.delete", {"POST_ID": number}) == ("100", 400)


def test_everybody_reads_what_is_for_a_department_of_theirs(sandbox: Sandbox) -> None:
    whole_company = sandbox.rest("log.blogpost.add", {"POST_MESSAGE": "Всем", "DEST": ["DR1"]})
    titles = [row["ID"] for row in sandbox.rest("log.blogpost.get", {}, user=12)]
    assert str(whole_company) in titles
    after = sandbox.rest("log.blogpost.add", {"POST_MESSAGE": "Ещё"})
    following = sandbox.rest("log.blogpost.get", {"FIRST_ID": whole_company, "LIMIT": 5})
    assert [row["ID"] for row in following] == [str(after)]


def test_comments(sandbox: Sandbox) -> None:
    post = sandbox.rest("log.blogpost.add", {"POST_MESSAGE": "Всем", "DEST": ["U11"]})
    mine = {"POST_ID": post, "TEXT": "Согласен", "FILES": [FILE]}
    number = sandbox.rest("log.blogcomment.add", mine, user=11)
    got = sandbox.rest("log.blogcomment.user.get", {"USER_ID": 11})
    assert (got["comments"][0]["id"], got["comments"][0]["text"]) == (number, "Согласен")
    attached = got["comments"][0]["attach"][0]
    assert got["files"][str(attached)]["name"] == "план.txt"
    assert refusal(sandbox, "log.blogcomment.add", {"POST_ID": post, "TEXT": "И я"}, user=12) == ("", 400)
    twice = {"POST_ID": post, "TEXT": "Согласен"}
    assert refusal(sandbox, "log.blogcomment.add", twice, user=11) == ("", 400)
    assert refusal(sandbox, "log.blogcomment.delete", {"COMMENT_ID": number}, user=12) == ("", 400)
    assert sandbox.rest("log.blogcomment.delete", {"COMMENT_ID": number}, user=11) is True


def test_applications_are_told(sandbox: Sandbox, app: App, receiver: Receiver) -> None:
    app.rest("event.bind", {"event": "ONLIVEFEEDPOSTADD", "handler": receiver.url("/feed")})
    number = sandbox.rest("log.blogpost.add", {"POST_MESSAGE": "Всем"})
    assert told(sandbox, "ONLIVEFEEDPOSTADD")[-1]["FIELDS"]["POST_ID"] == number
