// The AWS SDK for JavaScript, version 3, which reads all it needs from its environment.
"use strict";

const sms = require("@aws-sdk/client-pinpoint-sms-voice-v2");
const sts = require("@aws-sdk/client-sts");
const lines = require("./lines.js");

const services = {
  "pinpoint-sms-voice-v2": [sms, new sms.PinpointSMSVoiceV2Client()],
  sts: [sts, new sts.STSClient()],
};

lines.serve(async (service, operation, parameters) => {
  const [package_, client] = services[service];
  const Command = package_[`${operation}Command`];
  if (!Command) return { unknown: operation };
  try {
    const { $metadata, ...output } = await client.send(new Command(parameters));
    return { output };
  } catch (error) {
    return lines.error(error.name, error);
  }
});
