"""Whether a server takes the JWTs that PyJWT takes, and refuses those that PyJWT refuses."""

import base64
import hashlib
import hmac
import http.client
import json
import random
import subprocess
import sys
import time

import jwt

SECRET = "a secret of the provider, of more than 32 bytes"
ISSUER = "https://id.example/"
AUDIENCE = "clawrk"
LEEWAY = 30
NOW = int(time.time())
MUTATIONS = 1_500


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(head: object, claims: object, secret: str = SECRET) -> str:
    """A token of any two JSON values, signed as it should be."""
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (head, claims)]
    text = ".".join(base64url(part.encode()) for part in parts)
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64url(mac)}"


def pyjwt_takes(token: str) -> bool:
    try:
        claims = jwt.decode(
            token,
            SECRET,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY,
            options={"require": ["exp", "sub"]},
        )
    except jwt.InvalidTokenError:
        return False
    # What a user's id is, is the exchange's own rule.
    return 1 <= len(claims["sub"].encode()) <= 255


class Server:
    """A server in memory that takes the provider's tokens."""

    def __init__(self, program: str) -> None:
        environment = {
            "CLAWRK_STORE": "memory:",
            "CLAWRK_LISTEN": "127.0.0.1:0",
            "CLAWRK_ADMIN_KEY": "the key of the operator".replace(" ", "-"),
            "CLAWRK_JWT_SECRET": SECRET,
            "CLAWRK_JWT_ISSUER": ISSUER,
            "CLAWRK_JWT_AUDIENCE": AUDIENCE,
            "RUST_LOG": "warn",
        }
        self.process = subprocess.Popen(
            [program], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            assert SECRET not in line, line
            if line.startswith("listening on http://"):
                address = line.split("//")[1].strip()
                break
        else:
            raise SystemExit("the server ended without listening")
        self.connection = http.client.HTTPConnection(address)

    def takes(self, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        self.connection.request("POST", "/api/whoami", headers=headers)
        answer = self.connection.getresponse()
        body = json.loads(answer.read())
        if answer.status == 200:
            return True
        refusal = {"error": "Authentication required", "code": "authentication_required"}
        assert (answer.status, body) == (401, refusal), (answer.status, body, token)
        return False

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=20) == 0


GOOD = {"sub": "zoe", "exp": NOW + 3_600, "iss": ISSUER, "aud": AUDIENCE}
HEAD = {"alg": "HS256", "typ": "JWT"}


def changed(**claims: object) -> dict[str, object]:
    """The good claims with some changed; `...` takes one away."""
    return {name: value for name, value in {**GOOD, **claims}.items() if value is not ...}


def made_by_pyjwt() -> list[str]:
    """Tokens that both must take."""
    claims = [
        GOOD,
        changed(aud=["other", AUDIENCE]),
        changed(iat=NOW, nbf=NOW - 5, jti="1", scope="a b"),
        changed(exp=NOW + 3_600.5),
        changed(nbf=NOW + 10, iat=NOW + 10),
        changed(sub="auth0|ü 🦀"),
        changed(more={"nested": [1, {"a": None}]}),
    ]
    tokens = [jwt.encode(each, SECRET, algorithm="HS256") for each in claims]
    tokens.append(jwt.encode(GOOD, SECRET, algorithm="HS256", headers={"kid": "2026-1"}))
    return tokens


def refused_by_both() -> dict[str, str]:
    """Tokens that neither may take, by what is wrong with them."""
    rsa_confusion = {"alg": "RS256", "typ": "JWT"}
    wrong = {
        "expired": signed(HEAD, changed(exp=NOW - 60)),
        "no exp": signed(HEAD, changed(exp=...)),
        "exp null": signed(HEAD, changed(exp=None)),
        "exp a word": signed(HEAD, changed(exp="soon")),
        "exp a list": signed(HEAD, changed(exp="[1]")),
        "not yet": signed(HEAD, changed(nbf=NOW + 120)),
        "made later": signed(HEAD, changed(iat=NOW + 120)),
        "no sub": signed(HEAD, changed(sub=...)),
        "sub a number": signed(HEAD, changed(sub=7)),
        "sub empty": signed(HEAD, changed(sub="")),
        "sub too long": signed(HEAD, changed(sub="x" * 256)),
        "no issuer": signed(HEAD, changed(iss=...)),
        "another issuer": signed(HEAD, changed(iss="https://id.example")),
        "no audience": signed(HEAD, changed(aud=...)),
        "another audience": signed(HEAD, changed(aud="clawrk2")),
        "no such audience": signed(HEAD, changed(aud=[])),
        "audience of numbers": signed(HEAD, changed(aud=[1])),
        "another secret": signed(HEAD, GOOD, SECRET + "x"),
        "no algorithm": signed({"typ": "JWT"}, GOOD),
        "alg none": jwt.encode(GOOD, None, algorithm="none"),
        "alg none, signed": signed({"alg": "none"}, GOOD),
        "alg HS384": jwt.encode(GOOD, SECRET, algorithm="HS384"),
        "alg HS512": jwt.encode(GOOD, SECRET, algorithm="HS512"),
        "alg RS256": signed(rsa_confusion, GOOD),
        "alg lower case": signed({"alg": "hs256"}, GOOD),
        "not encoded": signed({"alg": "HS256", "b64": False, "crit": ["b64"]}, GOOD),
        "claims a list": signed(HEAD, [GOOD]),
        "claims no JSON": signed(HEAD, "{"),
        "head a list": signed([HEAD], GOOD),
        "head no JSON": signed("{", GOOD),
        "two parts": signed(HEAD, GOOD).rsplit(".", 1)[0],
        "four parts": signed(HEAD, GOOD) + ".x",
        "no signature": signed(HEAD, GOOD).rsplit(".", 1)[0] + ".",
    }
    return wrong


def stricter_here() -> dict[str, str]:
    """Tokens that PyJWT takes and the server does not, by the rule that it has on top."""
    token = signed(HEAD, GOOD)
    twice = json.dumps(GOOD).replace('{"sub": "zoe"', '{"sub": "eve", "sub": "zoe"')
    return {
        "a member twice": signed(HEAD, twice),
        "exp as text": signed(HEAD, changed(exp=str(NOW + 3_600))),
        "padded": token + "=" * (-len(token.rsplit(".", 1)[1]) % 4),
        "over 8 KiB": signed(HEAD, changed(more="x" * 9_000)),
        "a control character in sub": signed(HEAD, changed(sub="a\nb")),
    }


def mutated(random_: random.Random) -> str:
    """A good token with one to three characters changed, added, dropped or swapped."""
    token = list(signed(HEAD, GOOD))
    alphabet = "ABCXYZabcxyz0189-_."
    for _ in range(random_.randint(1, 3)):
        at = random_.randrange(len(token))
        match random_.randrange(4):
            case 0:
                token[at] = random_.choice(alphabet)
            case 1:
                token.insert(at, random_.choice(alphabet))
            case 2:
                del token[at]
            case _:
                other = random_.randrange(len(token))
                token[at], token[other] = token[other], token[at]
    return "".join(token)


def same_bits(token: str) -> bool:
    """Whether the signature is only spelled otherwise, which PyJWT overlooks."""
    good = signed(HEAD, GOOD)
    return token.rsplit(".", 1)[0] == good.rsplit(".", 1)[0] and token != good


def main() -> None:
    server = Server(sys.argv[1])
    try:
        made = made_by_pyjwt()
        for token in made:
            assert pyjwt_takes(token) and server.takes(token), token
        wrong = refused_by_both()
        for name, token in wrong.items():
            assert not pyjwt_takes(token), f"PyJWT takes: {name}"
            assert not server.takes(token), f"the server takes: {name}"
        stricter = stricter_here()
        for name, token in stricter.items():
            assert pyjwt_takes(token), f"PyJWT refuses too: {name}"
            assert not server.takes(token), f"the server takes: {name}"
        seed = random.SystemRandom().randrange(2**32)
        random_ = random.Random(seed)
        taken = 0
        for _ in range(MUTATIONS):
            token = mutated(random_)
            verdicts = (pyjwt_takes(token), server.takes(token))
            if verdicts == (True, False) and same_bits(token):
                continue
            assert verdicts[0] == verdicts[1], f"seed {seed}: {verdicts}: {token}"
            taken += verdicts[0]
        print(
            f"PyJWT {jwt.__version__} and the server agree: {len(made)} tokens taken, "
            f"{len(wrong)} refused, {MUTATIONS} mutated ones alike ({taken} still good); "
            f"{len(stricter)} refused here alone"
        )
    finally:
        server.stop()


main()
