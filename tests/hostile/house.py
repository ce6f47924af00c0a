"""A server process for strangers to talk to, and what in it they may know of."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.hostile.bodies import Known
from tests.hostile.requests import AWS_TYPE

PATIENCE = 60.0
_HARMLESS = re.compile('^{.*"level": "(info|warning)"')
_SERVE = (sys.executable, "-m", "wireroom", "serve", "--port", "0")
_CREDENTIAL = "AWS4-HMAC-SHA256 Credential={}/20261123/us-east-1/sms-voice/aws4_request"
STRANGER, REGULAR = "123456789012", "210987654321"
"""The account that hostile requests name, and one that only sends texts as it should."""


class House:
    """`wireroom serve` in a directory, with its log in a file; a request may take 1 s to arrive."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self._log = directory / "log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WIREROOM_")}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [*_SERVE, "--data-dir", str(directory / "data"), *arguments],
                env={**kept, "PYTHONPATH": os.pathsep.join(sys.path), "WIREROOM_REQUEST_TIMEOUT": "1s"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        found = re.search(r"http://\S+", self._process.stdout.readline())
        assert found, self._log.read_text()
        self.url = found[0]

    def resident_mebibytes(self) -> float:
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, text=True, check=True
        )
        return int(shown.stdout) / 1024

    def stop(self) -> tuple[int, list[str]]:
        """How it ended, and the errors in its log."""
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=PATIENCE)
        said = self._log.read_text().splitlines()
        return self._process.returncode, [line for line in said if not _HARMLESS.search(line)]

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def call(self, operation: str, account: str = STRANGER, **parameters: Any) -> dict[str, Any]:
        """One unsigned call, which must succeed."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        connection.request(
            "POST",
            "/",
            json.dumps(parameters),
            {
                "Content-Type": AWS_TYPE,
                "X-Amz-Target": f"PinpointSMSVoiceV2.{operation}",
                "Authorization": _CREDENTIAL.format(account),
            },
        )
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
        connection.close()
        assert answer.status == 200, (operation, found)
        return found

    def furnish(self, account: str) -> str:
        """A pool with a number in it; answers its id."""
        number = self.call(
            "RequestPhoneNumber",
            account,
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
            NumberCapabilities=["SMS"],
            NumberType="TEN_DLC",
        )
        pool = self.call(
            "CreatePool",
            account,
            OriginationIdentity=number["PhoneNumberId"],
            IsoCountryCode="US",
            MessageType="TRANSACTIONAL",
        )
        return str(pool["PoolId"])

    def known(self) -> Known:
        """What the stranger's account has, by the members that name it."""
        pool_id = self.furnish(STRANGER)
        self.call("CreateOptOutList", OptOutListName="theirs")
        (number,) = self.call("DescribePhoneNumbers")["PhoneNumbers"]
        (pool,) = self.call("DescribePools")["Pools"]
        lists = self.call("DescribeOptOutLists", MaxResults=1)
        identities = [pool_id, pool["PoolArn"], number["PhoneNumberId"], number["PhoneNumber"], "Sender"]
        return {
            "OriginationIdentity": identities,
            "OriginationIdentities": identities,
            "PoolId": [pool_id, pool["PoolArn"]],
            "PoolIds": [pool_id],
            "PhoneNumberId": [number["PhoneNumberId"], number["PhoneNumberArn"]],
            "PhoneNumberIds": [number["PhoneNumberId"]],
            "OptOutListName": ["theirs", "Default", "new"],
            "OptOutListNames": ["theirs", "Default"],
            "ResourceArn": [pool["PoolArn"], number["PhoneNumberArn"]],
            "DestinationPhoneNumber": ["+14255550100", "+14255550123", "+447700900123", "+919876543210"],
            "OptedOutNumber": ["+14255550199", "+14255550198"],
            "OptedOutNumbers": ["+14255550199"],
            "IsoCountryCode": ["US", "GB", "IN", "DE", "ZZ"],
            "NextToken": [lists["NextToken"]],
            "Keyword": ["STOP", "HELP", "JOIN"],
            "SenderId": ["Sender", "OTHER"],
            "MaxPrice": ["0.05", "0.00001"],
            "DryRun": [True, False, False],
            "TimeToLive": [60, 259200],
        }
