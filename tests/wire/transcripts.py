"""Reads `transcripts/*.txt`: what a client sends and what it gets, written down by hand.

The first line says where a transcript comes from. Then, behind `>`, the request (line, headers, an empty
line, body) and, behind `<`, the answer in the same form. A body is one line and an answer's JSON is compared
whole; headers of an answer that a transcript does not show are of no matter.
"""

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "transcripts"


class Transcript(NamedTuple):
    name: str
    origin: str
    method: str
    path: str
    headers: dict[str, str]  # lower-case names
    body: bytes
    status: int
    answer_headers: dict[str, str]
    answer: bytes


def read(path: Path) -> Transcript:
    origin, *lines = path.read_text("utf-8").splitlines()
    first, headers, body = _message([line[2:] for line in lines if line.startswith(">")])
    status, answer_headers, answer = _message([line[2:] for line in lines if line.startswith("<")])
    method, _, target = first.partition(" ")
    return Transcript(path.stem, origin, method, target, headers, body, int(status), answer_headers, answer)


def _message(lines: list[str]) -> tuple[str, dict[str, str], bytes]:
    end = lines.index("") if "" in lines else len(lines)
    headers = dict(line.split(": ", 1) for line in lines[1:end])
    return lines[0], {name.lower(): value for name, value in headers.items()}, "".join(lines[end:]).encode()


def all_transcripts() -> list[Transcript]:
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]
