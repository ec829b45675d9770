"""The cache of replies: what is kept stays, cut lines do no harm, and runs share a file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tldr_reward.cli.reply_cache import ReplyCache
from tldr_reward.errors import InputError
from tldr_reward.perturb.messages import KeptReply, Reply

# Whatever else the machine does meanwhile.
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def kept(key: str, text: str = "said", tokens: int = 10) -> KeptReply:
    return KeptReply(key, "m", "negative/1", 120, Reply(text, False, tokens, 2))


def test_a_reply_is_one_line_that_is_read_again(tmp_path):
    path = tmp_path / "folder" / "replies.jsonl"
    ReplyCache(path).add(kept("k", 'é "quoted"\nlines'))
    assert path.read_text() == (
        '{"format": "reply/1", "key": "k", "model": "m", "version": "negative/1", '
        '"characters": 120, "reply": {"text": "\\u00e9 \\"quoted\\"\\nlines", '
        '"truncated": false, "tokens_in": 10, "tokens_out": 2}}\n'
    )
    cache = ReplyCache(path)
    assert cache.replies == {"k": Reply('é "quoted"\nlines', False, 10, 2)}
    assert cache.usage.tokens_in("m", 240) == 20


def test_the_first_of_two_replies_stands(tmp_path):
    path = tmp_path / "replies.jsonl"
    cache = ReplyCache(path)
    cache.add(kept("k", "first"))
    cache.add(kept("k", "second"))
    assert cache.replies["k"].text == ReplyCache(path).replies["k"].text == "first"


@given(st.data())
@PATIENT
def test_a_line_cut_anywhere_is_ignored_and_the_next_stands_whole(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cut") / "replies.jsonl"
    ReplyCache(path).add(kept("a"))
    whole = path.stat().st_size
    ReplyCache(path).add(kept("b"))
    end = data.draw(st.integers(whole, path.stat().st_size - 2))
    path.write_bytes(path.read_bytes()[:end])
    cache = ReplyCache(path)
    assert set(cache.replies) == {"a"}
    cache.add(kept("c"))
    assert set(ReplyCache(path).replies) == {"a", "c"}


def test_nothing_is_written_before_there_is_a_reply(tmp_path):
    cache = ReplyCache(tmp_path / "replies.jsonl")
    assert cache.replies == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line", ['{"format": "caption/1"}', "caption,text", "[1]", "", '{"format":"reply/1"}']
)
def test_another_file_is_named_and_left_alone(tmp_path, line):
    path = tmp_path / "replies.jsonl"
    ReplyCache(path).add(kept("a"))
    text = path.read_text() + line + "x\n"
    path.write_text(text)
    with pytest.raises(InputError, match=r"replies.jsonl:2: no line of a cache of replies"):
        ReplyCache(path)
    assert path.read_text() == text


ADD = """
import sys
from pathlib import Path
from tldr_reward.cli.reply_cache import ReplyCache
from tldr_reward.perturb.messages import KeptReply, Reply
cache = ReplyCache(Path(sys.argv[1]))
for number in range(200):
    text = sys.argv[2] * 3000
    cache.add(KeptReply(f"{sys.argv[2]}{number}", "m", "v", 1, Reply(text, False, 1, 1)))
"""


def test_two_runs_at_once_do_not_mix_their_lines(tmp_path):
    path: Path = tmp_path / "replies.jsonl"
    runs = [subprocess.Popen([sys.executable, "-c", ADD, str(path), name]) for name in "ab"]
    assert [run.wait(300) for run in runs] == [0, 0]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 400
    assert all(line["reply"]["text"] == line["key"][0] * 3000 for line in lines)
