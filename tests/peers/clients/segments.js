// The npm package sms-segments-calculator: a JSON list of texts in, a list of [encoding, parts] out.
"use strict";

const { SegmentedMessage } = require("sms-segments-calculator");

const ENCODINGS = { "GSM-7": "GSM", "UCS-2": "UNICODE" };

const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const counted = texts.map((text) => new SegmentedMessage(text));
process.stdout.write(
  JSON.stringify(counted.map((each) => [ENCODINGS[each.encodingName], each.segmentsCount])),
);
