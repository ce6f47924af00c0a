// The AWS SDK for JavaScript, version 2. Argument: the endpoint.
"use strict";

const AWS = require("aws-sdk");
const lines = require("./lines.js");

const options = { endpoint: process.argv[2] };
const clients = {
  "pinpoint-sms-voice-v2": new AWS.PinpointSMSVoiceV2(options),
  sts: new AWS.STS(options),
};

lines.serve(async (service, operation, parameters) => {
  const method = operation[0].toLowerCase() + operation.slice(1);
  if (!clients[service][method]) return { unknown: operation };
  try {
    return { output: await clients[service][method](parameters).promise() };
  } catch (error) {
    const invalid = error.code.endsWith("RequiredParameter") || error.code.endsWith("ParameterType");
    return invalid ? { invalid: error.message } : lines.error(error.code, error);
  }
});
