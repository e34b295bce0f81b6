"""What the checks of schemathesis leave open.

`ROLE` in the environment says whose key the run has: `user` or `operator`, as the security
schemes of the description are called. `OWN_KEY` is the id of the user's key. `WEBHOOK_SECRET` is
what webhooks are signed with.
"""

import hashlib
import hmac
import json
import os
import time

import schemathesis

ROLE = os.environ["ROLE"]
OWN_KEY = os.environ["OWN_KEY"]
WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"].encode()

# Codes that valid data may be refused with, by operation: they come from what is stored.
WRONG_STATUS = {"wrong_status", "skill_running"}
REFUSED_BY_STATE = {
    "acceptJob": WRONG_STATUS,
    "submitJob": WRONG_STATUS,
    "verifyJob": WRONG_STATUS,
    "cancelJob": WRONG_STATUS,
    "releaseJob": WRONG_STATUS,
    "verifyJobForSender": WRONG_STATUS,
    "cancelJobForSender": WRONG_STATUS,
    "releaseJobForReceiver": WRONG_STATUS,
    "retryPayout": WRONG_STATUS,
    "resolvePayout": WRONG_STATUS,
    "grantCredits": {"insufficient_credits"},
    "consumeLoginCode": {"login_code_invalid"},
}

# No run can have these succeed: login codes cannot be guessed.
OUT_OF_REACH = {"consumeLoginCode"}


def name_of(case):
    return case.operation.definition.raw["operationId"]


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def filter_case(context, case):
    """The run does not revoke the key that it lives on."""
    return not (
        name_of(case) == "revokeKey" and (case.path_parameters or {}).get("id") == OWN_KEY
    )


@schemathesis.hook
def before_call(context, case, kwargs):
    """Good events are signed, as no schema can say; of bad ones it must show that they are not."""
    if name_of(case) != "webhook" or not is_positive(case):
        return
    # As it will be sent.
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    at = int(time.time())
    tag = hmac.new(WEBHOOK_SECRET, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    case.headers = {**(case.headers or {}), "Stripe-Signature": f"t={at},v1={tag}"}


@schemathesis.check
def refused_for_the_documented_reason(ctx, response, case):
    """Valid data is refused only for what no schema can say."""
    if not is_positive(case) or response.status_code not in (400, 402, 413, 503):
        return
    code = response.json()["code"]
    allowed = set(REFUSED_BY_STATE.get(name_of(case), ()))
    if "cursor" in (case.query or {}):
        # A cursor cannot be made up.
        allowed.add("invalid_request")
    if response.status_code == 413 and any(byte > 127 for byte in response.request.body or b""):
        # The limit counts bytes, a schema counts characters.
        allowed.add("payload_too_large")
    if name_of(case) == "webhook" and isinstance(case.body.get("created"), float):
        # Stripe writes no 1.0 for 1, and no schema can say so.
        allowed.add("webhook_invalid")
    assert code in allowed, f"valid data was refused with {code}"


@schemathesis.check
class EveryRouteWasReached:
    """Every operation of the role succeeded at least once: no run proves anything by refusals."""

    def __init__(self):
        self.asked = set()
        self.reached = set()

    def after_response(self, ctx, response, case):
        name = name_of(case)
        security = case.operation.definition.raw["security"]
        of_the_role = not security or ROLE in security[0]
        if of_the_role and name not in OUT_OF_REACH:
            self.asked.add(name)
            if 200 <= response.status_code < 300:
                self.reached.add(name)

    def after_run(self, ctx):
        missed = sorted(self.asked - self.reached)
        assert not missed, f"these never succeeded: {', '.join(missed)}"
