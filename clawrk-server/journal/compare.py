"""Whether beancount and hledger make of the journals of a store what its exchange says."""

import collections
import csv
import datetime
import decimal
import io
import json
import pathlib
import subprocess
import sys
import urllib.parse

from beancount import loader
from beancount.core.data import Balance, Open, Transaction

SERVER, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
BEAN_CHECK = pathlib.Path(sys.executable).with_name("bean-check")
USERS, PAYABLE = "Liabilities:Credits:U-", "Liabilities:Payable:U-"
HOLDS = "Liabilities:Holds"
CARRIED = ("Assets", "Liabilities", "Equity")

Books = dict[tuple[str, str], decimal.Decimal]


def same(found: object, expected: object, what: str) -> None:
    """Ends with what differs."""
    if found == expected:
        return
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = [key for key in found | expected if found.get(key) != expected.get(key)]
        found = {key: found.get(key) for key in keys[:5]}
        expected = {key: expected.get(key) for key in keys[:5]}
    sys.exit(f"{what}: found {found!r}, expected {expected!r}")


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def journal(name: str, form: str, *args: str) -> pathlib.Path:
    """A journal of the store, twice the same, that its tool accepts."""
    store = f"sled:{FOLDER / 'store'}"
    command = (SERVER, "journal", "--store", store, "--format", form, *args)
    file = FOLDER / f"{name}.{form}"
    run(*command, "--out", file)
    same(run(*command), file.read_bytes().decode(), f"{file}, made again")
    if form == "beancount":
        same(run(BEAN_CHECK, "--no-cache", file), "", f"bean-check {file}")
    else:
        run("hledger", "-f", file, "check", "--strict", "ordereddates")
    return file


def escaped(ident: str) -> str:
    """An id in an account name, as docs/journal.md has it."""
    plain = lambda byte: chr(byte) if byte < 128 and chr(byte).isalnum() else f"-{byte:02x}"
    return "".join(map(plain, ident.encode()))


def nonzero(books: Books) -> Books:
    return {key: amount for key, amount in books.items() if amount != 0}


def of_beancount(file: pathlib.Path) -> tuple[list, Books]:
    entries, errors, _ = loader.load_file(str(file))
    same(errors, [], f"errors of {file}")
    books: Books = collections.defaultdict(decimal.Decimal)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else []:
            books[posting.account, posting.units.currency] += posting.units.number
    return entries, nonzero(books)


def table(*command: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("hledger", *command, "-O", "csv"))))


def amounts(rows: list[dict[str, str]]) -> Books:
    books: Books = {}
    for row in rows:
        for amount in filter(None, row["balance"].split(", ")):
            number, _, commodity = amount.partition(" ")
            if number != "0":
                books[row["account"], commodity] = decimal.Decimal(number)
    return books


def of_hledger(file: pathlib.Path, *query: str) -> Books:
    return amounts(table("-f", file, "balance", "--flat", "--no-total", *query))


def expected(truth: dict, books: Books) -> Books:
    """What the exchange says, account by account. Only of what is reserved it does not tell."""
    says: Books = collections.defaultdict(decimal.Decimal)
    cents = lambda amount: decimal.Decimal(amount) / 100
    for user, known in truth["users"].items():
        says[USERS + escaped(user), "CREDIT"] = -decimal.Decimal(known["credits"])
        says[PAYABLE + escaped(user), "USD"] = -cents(known["owed"])
        for gained, why, _ in known["entries"]:
            kind, _, plan = why.partition(":")
            if kind in ("admin", "subscription"):
                source = plan if kind == "subscription" else "admin"
                says["Equity:Issued:S-" + escaped(source), "CREDIT"] += gained
    says[HOLDS, "CREDIT"] = -decimal.Decimal(sum(truth["holds"].values()))
    says["Income:Spent", "CREDIT"] = -decimal.Decimal(truth["spent"])
    # What is left can only have been kept.
    credits = sum(n for (_, what), n in says.items() if what == "CREDIT")
    says["Income:Forfeited", "CREDIT"] = -credits
    says["Expenses:Payouts", "USD"] = cents(truth["payout_cost"])
    says["Income:Recovered", "USD"] = -cents(truth["recovered"])
    says["Income:Sales", "USD"] = -cents(truth["sales"])
    says["Assets:Provider", "USD"] = cents(truth["balance"])
    reserved = books["Equity:Budget:Reserved", "USD"]
    says["Equity:Budget:Receipts", "USD"] = cents(truth["sales"])
    says["Equity:Budget:Reserved", "USD"] = reserved
    says["Equity:Budget:Left", "USD"] = -cents(truth["sales"]) - reserved
    return nonzero(says)


def compare_users(truth: dict, entries: list) -> None:
    """Every account has its id, and every entry its time and reason."""
    ids = {e.account: e.meta["user"] for e in entries if isinstance(e, Open) and "user" in e.meta}
    seen = collections.defaultdict(list)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else []:
            if posting.account.startswith(USERS):
                about = {**entry.meta, **(posting.meta or {})}
                user = ids[posting.account]
                same(posting.account, USERS + escaped(user), "the name of an account")
                same(about["time"][:10], str(entry.date), "the day of a transaction")
                seen[user].append([-int(posting.units.number), about["reason"], about["time"]])
    for user, known in truth["users"].items():
        # Those of one millisecond stand in the order of their commits.
        order = lambda of: sorted(of, key=lambda it: (it[2], it))
        same(order(seen.pop(user, [])), order(known["entries"]), f"the entries of {user!r}")
    same(dict(seen), {}, "entries of nobody")


def compare_tags(truth: dict, file: pathlib.Path) -> None:
    """What hledger takes for tags is what was meant."""
    tags = lambda *args: run("hledger", "-f", file, "tags", *args).split("\n")[:-1]
    values = lambda name: tags("--values", f"^{name}$")
    unescaped = lambda name: {urllib.parse.unquote(value) for value in values(name)}
    reasons = {why for known in truth["users"].values() for _, why, _ in known["entries"]}
    # Those of jobs and invoices that no user's credits were moved for are not seen by users.
    told = {why for why in unescaped("reason") if not why.startswith(("invoice:", "job:"))}
    same(told, {why for why in reasons if not why.startswith("job:")}, "hledger's reasons")
    same(unescaped("user"), set(truth["users"]), "hledger's users")
    names = {"time", "commit", "job", "reason", "user", "source", "type"}
    same(set(tags()), names, "hledger's tags")


def compare_holds(truth: dict, entries: list, file: pathlib.Path) -> None:
    held = collections.Counter()
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else []:
            if posting.account == HOLDS:
                job = (posting.meta or {}).get("job") or entry.meta["job"]
                held[job] -= int(posting.units.number)
    same({job: n for job, n in held.items() if n}, truth["holds"], "beancount's holds")
    rows = table("-f", file, "balance", HOLDS, "--pivot", "job", "--no-total")
    pivoted = {job: -int(amount) for (job, _), amount in amounts(rows).items()}
    same(pivoted, truth["holds"], "hledger's holds")


def compare_parts(entries: list, whole: Books) -> None:
    """A year in two parts is the year."""
    days = sorted({entry.date for entry in entries if isinstance(entry, Transaction)})
    first = days[len(days) // 2]
    last = first - datetime.timedelta(days=1)
    carried = lambda books: {key: n for key, n in books.items() if key[0].startswith(CARRIED)}
    earned = lambda books: {key: n for key, n in books.items() if not key[0].startswith(CARRIED)}
    retained = lambda books: {key: n for key, n in books.items() if "Retained" not in key[0]}
    parts = []
    for name, args in [("before", ("--to", str(last))), ("after", ("--from", str(first)))]:
        beans = of_beancount(journal(name, "beancount", *args))[1]
        same(of_hledger(journal(name, "hledger", *args)), beans, f"both of {name}")
        parts.append(beans)
    before, after = parts
    until = of_hledger(FOLDER / "all.hledger", "--end", str(first))
    same(before, until, "the first part")
    same(retained(carried(after)), carried(whole), "the balances of the second part")
    sums = collections.Counter(earned(before))
    sums.update(earned(after))
    same(nonzero(sums), earned(whole), "the income of both parts")
    in_between = {key: n for key, n in after.items() if "Retained" in key[0]}
    for commodity in ("CREDIT", "USD"):
        brought = sum(n for (_, what), n in earned(before).items() if what == commodity)
        found = sum(n for (_, what), n in in_between.items() if what == commodity)
        same(found, brought, f"what was retained of {commodity}")


def main() -> None:
    truth = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    jobs = sum(truth["jobs"].values())
    same(jobs >= 1_000, True, f"{jobs} jobs are enough")
    ends = {"queued", "accepted", "submitted", "cancelled", "verified", "rejected", "failed"}
    same(set(truth["jobs"]), ends, "how far jobs are")
    same({"owed", "paid", "reversed", "written_off"} - set(truth["payouts"]), set(), "payouts")
    beans, ledger = journal("all", "beancount"), journal("all", "hledger")
    entries, books = of_beancount(beans)
    same(books, expected(truth, books), "beancount's balances")
    same(of_hledger(ledger), books, "hledger's balances")
    compare_users(truth, entries)
    compare_tags(truth, ledger)
    compare_holds(truth, entries, ledger)
    compare_parts(entries, books)
    transactions = sum(isinstance(entry, Transaction) for entry in entries)
    asserted = sum(isinstance(entry, Balance) for entry in entries)
    print(f"{jobs} jobs, payouts {truth['payouts']}, {transactions} transactions:")
    print(f"{len(books)} balances, {len(truth['holds'])} holds and the entries of")
    print(f"{len(truth['users'])} users agree; beancount has checked {asserted} stored balances")


main()
