// What the JavaScript clients have in common: each line in is a call, each line out is what came of it.
"use strict";

const readline = require("node:readline");

const MEMBERS = ["Reason", "ResourceType", "ResourceId", "Fields"];

exports.error = (Code, error) => {
  const members = MEMBERS.filter((name) => error[name] !== undefined).map((name) => [name, error[name]]);
  return { error: { Code, Message: error.message, ...Object.fromEntries(members) } };
};

// `call` takes service, operation and parameters, and gives one of output, error, invalid, unknown.
exports.serve = async (call) => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await call(...JSON.parse(line))) + "\n");
  }
};
