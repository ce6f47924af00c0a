"""The package smsutil: a JSON list of texts in, a list of [encoding, parts] out."""

import json
import sys

import smsutil

ENCODINGS = {"gsm0338": "GSM", "utf_16_be": "UNICODE"}


def count(text: str) -> tuple[str, int]:
    found = smsutil.split(text)
    return ENCODINGS[found.encoding], len(found.parts)


json.dump([count(text) for text in json.load(sys.stdin)], sys.stdout)
