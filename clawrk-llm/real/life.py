"""Takes jobs through their lives in a running server, whatever its language model is worth.

usage: life.py ADDRESS MODEL, with CLAWRK_ADMIN_KEY; MODEL is `mock` where the server asks none

That a job is made of each prompt is asserted, and that its status is what was answered. What is
judged, and how, is reported: a small model may say anything.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

ADMIN = os.environ["CLAWRK_ADMIN_KEY"]
TITLE_CHARS_MAX = 60
CRITERIA_MAX = 8
# How often a model is asked again that gave no answer that can be used.
TRIES = 3
PATIENCE_SECONDS = 900

# A prompt, and what is handed in; nothing where the skill is to do it.
JOBS = [
    (
        "Compare three ways to cache HTTP responses, and say when to use each.",
        "A browser caches for one reader, a shared proxy for many, and the origin for itself. "
        "Use the first for what is private, the second for what is the same for all, and the "
        "third where it is costly to make.",
    ),
    ("Summarise what is known of the effect of caffeine on sleep.", None),
    (
        "List the main causes of the fall of the Western Roman Empire.",
        "Its money lost its worth, its armies fought each other, and its neighbours moved in.",
    ),
    ("Explain how a heat pump works in a cold climate.", None),
    ("Which open-source databases can be embedded in a Rust program?", "sled, redb and fjall."),
]


def ask(address, token, method, path, body=None):
    """Asks the server, and gives the status, the answer and the seconds."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address + path, data, headers, method=method)
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return status, json.loads(text), time.monotonic() - began


def check(holds, what):
    """Ends the run where something does not hold."""
    if not holds:
        raise SystemExit(f"FAILED: {what}")


def is_unavailable(status, answer):
    """Whether the model gave no answer that can be used, which moves nothing."""
    return status == 502 and answer.get("code") in ("language_model_unavailable", "skill_failed")


def check_form(job, model):
    """A job that somebody else can do, of whatever sense."""
    title, criteria = job["title"], job["criteria"].splitlines()
    check(job["status"] == "queued", f"a new job is {job['status']}")
    check(title.strip() and "\n" not in title, f"no title: {title!r}")
    check(len(title) <= TITLE_CHARS_MAX, f"a long title: {title!r}")
    check(job["intent"].strip(), "no intent")
    check(job["skill"] == "research", f"no such skill: {job['skill']}")
    check(criteria, "no criteria")
    if model != "mock":
        check(len(criteria) <= CRITERIA_MAX, f"too many criteria: {criteria}")
        whole = all(line.startswith("- ") and line[2:].strip() for line in criteria)
        check(whole and len(set(criteria)) == len(criteria), f"criteria: {criteria}")


def check_verdict(job, model):
    """A verdict that agrees with itself."""
    verdict = job["verification"]
    check(verdict["reasoning"], "a verdict without a reason")
    if verdict["model"] != model:
        check(model == "mock" or verdict["model"] == "gates", f"who is {verdict['model']}?")
        return
    if model == "mock":
        return
    each = verdict["criteria"]
    wanted = [line.removeprefix("- ") for line in job["criteria"].splitlines()]
    check([item["criterion"] for item in each] == wanted, f"what was judged? {each}")
    check(verdict["passed"] == all(item["passed"] for item in each), f"not all of {each}")
    for item in each:
        check(not item["passed"] or item.get("quote"), f"passed without a quote: {item}")


class Life:
    """The server, two who work with each other, and what was counted."""

    def __init__(self, address, model):
        self.address, self.model = address, model
        self.sender, self.receiver = self.user("sender"), self.user("receiver")
        self.counts = {"verified": 0, "rejected": 0, "no answer": 0}

    def admin(self, path, body):
        status, answer, _ = ask(self.address, ADMIN, "POST", f"/api/admin{path}", body)
        check(status in (200, 201), f"{path}: {status} {answer}")
        return answer

    def user(self, name):
        key = self.admin("/users", {"id": name})["api_key"]
        self.admin(f"/users/{name}/credits", {"delta": 1000, "reason": "for this run"})
        return key

    def status(self, job):
        _, found, _ = ask(self.address, self.sender, "GET", f"/api/jobs/{job['id']}")
        return found["status"]

    def step(self, who, job, verb, stays, body=None):
        """The job after a verb; none where the model has no answer, which leaves it as it was."""
        path = f"/api/jobs/{job['id']}/{verb}"
        for _ in range(TRIES):
            status, answer, seconds = ask(self.address, who, "POST", path, body)
            if not is_unavailable(status, answer):
                check(status == 200, f"{verb}: {status} {answer}")
                now = self.status(job)
                check(now == answer["status"], f"{verb} said {answer['status']}, it is {now}")
                print(f"  {verb}: {now}, {seconds:.1f} s")
                return answer
            self.counts["no answer"] += 1
            print(f"  {verb}: {answer['code']}, {seconds:.1f} s")
            now = self.status(job)
            check(now == stays, f"{verb} failed, and the job is {now}")
        return None

    def live(self, prompt, output):
        """One job from its prompt to its verdict."""
        status, job, seconds = ask(
            self.address, self.sender, "POST", "/api/jobs", {"prompt": prompt}
        )
        print(f"{prompt}\n  create: {status}, {seconds:.1f} s")
        check(status == 201, f"create: {status} {job}")
        check_form(job, self.model)
        print(f"  title: {job['title']}\n  intent: {job['intent']}")
        print("\n    ".join(["  criteria:", *job["criteria"].splitlines()]))
        self.step(self.receiver, job, "accept", "queued")
        body = {"output": output} if output else {}
        done = self.step(self.receiver, job, "submit", "accepted", body)
        check(done is not None, "the skill never did it")
        check(done["output"] == output if output else done["output"], f"output: {done['output']}")
        judged = self.step(self.sender, job, "verify", "submitted")
        if judged is None:
            return
        check_verdict(judged, self.model)
        verdict = judged["verification"]
        right = "verified" if verdict["passed"] else "rejected"
        check(judged["status"] == right, f"{right} is meant, not {judged['status']}")
        self.counts[right] += 1
        reasoning = verdict["reasoning"].replace("\n", "\n    ")
        print(f"  verdict of {verdict['model']}: {reasoning}")
        for item in verdict.get("criteria", []):
            print(f"    {item}")
        if usage := verdict.get("usage"):
            print(f"  tokens: {usage['input_tokens']} in, {usage['output_tokens']} out")


def main():
    address, model = sys.argv[1:]
    life = Life(address, model)
    for prompt, output in JOBS:
        life.live(prompt, output)
    status, audit, _ = ask(address, ADMIN, "GET", "/api/admin/audit")
    check(status == 200 and audit["ok"], f"audit: {status} {audit}")
    with urllib.request.urlopen(f"{address}/metrics", timeout=PATIENCE_SECONDS) as metrics:
        for line in metrics.read().decode().splitlines():
            if line.startswith("clawrk_model_") and "_bucket" not in line:
                print(line)
    counts = life.counts
    check(counts["verified"] + counts["rejected"], "nothing was judged at all")
    said = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"a real model ({model}): {len(JOBS)} jobs of {len(JOBS)} prompts; {said}; audit ok")


if __name__ == "__main__":
    main()
