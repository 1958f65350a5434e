"""What happened to each lead and account of the demo: believable, and the same for the same seed and the same `now`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from fairlead.records.rows import Account, Activity, Lead
from fairlead.sales import rules as sales
from fairlead.sales.drafts import Sent
from fairlead.sandbox import catalogue
from fairlead.sandbox.ledger import Act, Ledger, pairs_of, set_of

FIRST = (
    "Aarav", "Aditi", "Amit", "Ananya", "Anil", "Asha", "Deepa", "Divya", "Farhan", "Fatima", "Gopal", "Imran",
    "Isha", "Joseph", "Karan", "Lakshmi", "Leela", "Manoj", "Maria", "Nandini", "Nikhil", "Pooja", "Prakash",
    "Priya", "Rahul", "Rekha", "Sanjay", "Shreya", "Sunil", "Tara", "Varun", "Zoya",
)  # fmt: skip
LAST = (
    "Agarwal", "Bose", "Chopra", "Das", "Desai", "Fernandes", "Ghosh", "Gupta", "Jain", "Joshi", "Khan", "Kulkarni",
    "Menon", "Mishra", "Patel", "Pillai", "Rao", "Sharma", "Shetty", "Singh", "Thomas", "Varma", "Verma", "Yadav",
)  # fmt: skip
CITIES = {
    "Bangalore": ("Karnataka", "South"),
    "Chennai": ("Tamil Nadu", "South"),
    "Hyderabad": ("Telangana", "South"),
    "Kochi": ("Kerala", "South"),
    "Mumbai": ("Maharashtra", "West"),
    "Pune": ("Maharashtra", "West"),
    "Delhi": ("Delhi", "North"),
    "Jaipur": ("Rajasthan", "North"),
}
SOURCES = (
    "Organic Search",
    "Pay per Click Ads",
    "Referral Sites",
    "Social Media",
    "Inbound Phone Call",
    "Event",
)
JOBS = ("Accountant", "Architect", "Doctor", "Engineer", "Manager", "Owner", "Teacher")
CALLS = ("Explained the rates", "Asked to be called again", "Discussed the documents", "Left a message")
ACCOUNTS = (
    ("Aster Textiles", 5000, "Manufacturing", "Pune"),
    ("Blue Lagoon Resorts", 5000, "Hospitality", "Kochi"),
    ("Coral Health", 5000, "Healthcare", "Chennai"),
    ("Deccan Motors", 5000, "Automotive", "Hyderabad"),
    ("Evergreen Schools", 5000, "Education", "Bangalore"),
    ("Fennel Foods", 5000, "Agriculture", "Jaipur"),
    ("Granite Builders", 5000, "Construction", "Delhi"),
    ("Harbour Logistics", 5000, "Transportation", "Mumbai"),
    ("Indigo Advisers", 5001, "Insurance", "Mumbai"),
    ("Juniper Realty", 5001, "Real Estate", "Pune"),
    ("Kestrel Software", 5001, "Technology", "Bangalore"),
    ("Lotus Brokers", 5001, "Banking", "Delhi"),
)
DAYS = 180
"""How far back the history goes."""

_STAGES = ("Prospecting", "Qualified", "Proposal", "Negotiation")


class World:
    """What the stories know: the seed, the time, who works here, the accounts once they are there."""

    def __init__(self, seed: int, now: datetime, users: list[str]) -> None:
        self.seed = seed
        self.now = now.replace(microsecond=0)
        self.users = users
        self.accounts: list[Account] = []

    def random(self, name: str) -> Random:
        """Chance of its own for every story, so that one more story changes no other."""
        return Random(f"{self.seed} {name}")  # noqa: S311  nothing secret

    def start(self, chance: Random) -> datetime:
        """A moment of a working day within the history."""
        found = self.later(chance, self.now - timedelta(days=DAYS), 0, DAYS)
        return found if found < self.now else found - timedelta(days=3)

    def later(self, chance: Random, after: datetime, least: float, most: float) -> datetime:
        """Some days later, between 9:00 and 18:00 in India; never before `after`."""
        day = after + timedelta(days=chance.uniform(least, most))
        if day.isoweekday() == 7:
            day += timedelta(days=1)
        opening = day.replace(hour=3, minute=30, second=0, microsecond=0)
        found = opening + timedelta(seconds=chance.randrange(9 * 3600))
        return found if found > after else after + timedelta(minutes=chance.randrange(20, 180))


def people(world: World, count: int) -> list[tuple[str, str]]:
    """So many different names."""
    chance = world.random("names")
    every = [(first, last) for first in FIRST for last in LAST]
    return chance.sample(every, count)


def account_story(world: World, number: int) -> Iterator[Act]:
    """An account is made, then called and visited every few weeks."""
    name, code, industry, city = ACCOUNTS[number]
    chance = world.random(f"account {number}")
    owner = world.users[chance.choice(catalogue.SELLERS)]
    at = world.now - timedelta(days=DAYS + 20) + timedelta(hours=number)
    made: list[Account] = []
    domain = name.split()[0].lower()
    values: dict[str, Any] = {
        "CompanyNumber": f"A-{1001 + number}",
        "Industry": industry,
        "Phone": f"+91-9999800{number:03}",
        "EmailAddress": f"office@{domain}.example.com",
        "Website": f"www.{domain}.example.com",
        "City": city,
        "State": CITIES[city][0],
        "Country": "India",
    }
    stage = "Partner" if code == 5001 else "Customer"

    def create(ledger: Ledger) -> None:
        made.append(ledger.create_account(code, name, stage, values))
        world.accounts.append(made[0])

    yield Act(at, owner, create)
    while True:
        at = world.later(chance, at, 6, 40)
        if chance.random() < 0.6:
            subject = chance.choice(("Renewal", "Referrals", "Invoice", "New branch"))
            talk = {"mx_Custom_1": subject}
            yield Act(at, owner, _on(made[0], 10001, f"Talked about: {subject.lower()}", talk))
        else:
            met = {
                "mx_Custom_1": chance.choice(("Founder", "Finance", "Purchasing")),
                "mx_Custom_2": chance.choice(("Next Meeting", "Contract", "No Interest")),
            }
            yield Act(at, owner, _on(made[0], 10002, "Met at their office", met))


def _on(account: Account, code: int, note: str, values: dict[str, str]) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.post_on_account(account, code, note, values)


class LeadStory:
    """One lead from the first contact to wherever it has come by now."""

    def __init__(self, world: World, number: int, name: tuple[str, str]) -> None:
        self.world = world
        self.number = number
        self.first, self.last = name
        self.chance = world.random(f"lead {number}")
        self.owner = world.users[self.chance.choice(catalogue.SELLERS)]
        self.at = world.start(self.chance)
        self.source = self.chance.choice(SOURCES)
        self.interest = self.chance.choice(catalogue.INTERESTS)
        self.phone = f"+91-99999{number:05}"
        self.lead: Lead
        self.opportunity: Activity | None = None

    def acts(self) -> Iterator[Act]:
        """Everything in order; whoever reads stops at the present."""
        chance = self.chance
        yield from self._arrive()
        for _ in range(chance.randrange(1, 4)):
            yield self._act(1, 5, self._call)
        fate = chance.random()
        if fate < 0.12:
            return
        if fate < 0.22:
            yield self._act(1, 3, lambda ledger: self._stage(ledger, "Disqualified"))
            return
        yield self._act(0, 0, lambda ledger: self._stage(ledger, "Contacted"))
        yield from self._mails()
        if chance.random() < 0.25:
            return
        yield self._act(2, 9, self._meet)
        yield self._act(0, 0, lambda ledger: self._stage(ledger, "Interested"))
        yield self._act(1, 6, self._collect)
        if chance.random() < 0.3:
            return
        yield from self._negotiate()

    def _act(self, least: float, most: float, do: Any, *, by: str | None = None) -> Act:
        self.at = self.world.later(self.chance, self.at, least, most)
        return Act(self.at, by or self.owner, do)

    def _arrive(self) -> Iterator[Act]:
        world, chance = self.world, self.chance
        by = world.users[catalogue.MARKETER if self.source != "Inbound Phone Call" else catalogue.MANAGER]
        yield Act(self.at, by, self._create)
        if self.source == "Inbound Phone Call":
            yield self._minutes(2, self._called, by=self.owner)
        elif chance.random() < 0.5:
            yield self._minutes(1, self._request, by=by)

    def _minutes(self, minutes: int, do: Any, *, by: str) -> Act:
        self.at += timedelta(minutes=minutes)
        return Act(self.at, by, do)

    def _create(self, ledger: Ledger) -> None:
        chance, world = self.chance, self.world
        city = chance.choice(list(CITIES))
        state, region = CITIES[city]
        account = chance.choice(world.accounts) if chance.random() < 0.3 else None
        mail = f"{self.first}.{self.last}@example.{chance.choice(('com', 'org', 'net'))}".lower()
        values: dict[str, Any] = {
            "FirstName": self.first,
            "LastName": self.last,
            "EmailAddress": mail,
            "Phone": self.phone,
            "Source": self.source,
            "JobTitle": chance.choice(JOBS),
            "OwnerId": self.owner,
            "mx_City": city,
            "mx_State": state,
            "mx_Country": "India",
            "mx_Preferred_Language": chance.choice(catalogue.LANGUAGES),
            "mx_Product_Interest": self.interest,
            "mx_Annual_Income": chance.randrange(30, 400) * 10000,
            "mx_Date_of_Birth": f"{chance.randrange(1960, 2003)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "mx_Branch_Region": region,
            "mx_Branch": city,
        }
        if account is not None:
            values |= {"Company": account.name, "RelatedCompanyId": account.id}
        self.lead = ledger.create_lead(pairs_of(values))

    def _called(self, ledger: Ledger) -> None:
        ledger.post(self.lead, 21, self._talk("Answered", "Wants to know more"))

    def _request(self, ledger: Ledger) -> None:
        wanted = self.at.replace(hour=6, minute=0, second=0) + timedelta(days=2)
        values = {"mx_Custom_1": f"/{self.interest.lower()}s", "mx_Custom_2": f"{wanted:%Y-%m-%d %H:%M:%S}"}
        ledger.post(self.lead, 105, f"Asked for a demo: {self.interest.lower()}", values)

    def _call(self, ledger: Ledger) -> None:
        answered = self.chance.random() < 0.7
        said = self.chance.choice(CALLS) if answered else ""
        ledger.post(self.lead, 22, self._talk("Answered" if answered else "NotAnswered", said))

    def _talk(self, status: str, said: str) -> str:
        seconds = self.chance.randrange(20, 600) if status == "Answered" else 0
        found = f"Caller{{=}}{self.phone}{{next}}Duration{{=}}{seconds}{{next}}Status{{=}}{status}{{next}}"
        return f"{found}Notes{{=}}{said}{{next}}" if said else found

    def _stage(self, ledger: Ledger, stage: str) -> None:
        ledger.update_lead(self.lead, pairs_of({"ProspectStage": stage}))

    def _mails(self) -> Iterator[Act]:
        by = self.world.users[catalogue.MARKETER]
        for _ in range(self.chance.randrange(3)):
            yield self._act(
                1, 7, lambda ledger: ledger.post(self.lead, 0, "Newsletter: rates of the month"), by=by
            )
            if self.chance.random() < 0.4:
                yield self._minutes(1, lambda ledger: ledger.post(self.lead, 1, "Link: all rates"), by=by)

    def _meet(self, ledger: Ledger) -> None:
        chance = self.chance
        if chance.random() < 0.5:
            values = {"mx_Custom_1": chance.choice(catalogue.MODES), "mx_Custom_2": f"{self.interest} offer"}
            ledger.post(self.lead, 102, "Meeting completed", values)
            return
        purpose = chance.choice(catalogue.PURPOSES)
        values = {"mx_Custom_1": purpose, "mx_Custom_2": chance.choice(catalogue.OUTCOMES[purpose])}
        proof = {"Status": "Done", "mx_CustomObject_1": f"door-{self.number}.png"}
        sets = [set_of("mx_Custom_3", proof)] if purpose == "Address Check" else []
        ledger.post(self.lead, 206, "Visited at home", values, sets=sets)

    def _collect(self, ledger: Ledger) -> None:
        pan = f"{self.last[:3].upper():X<3}P{self.last[0]}{self.number:04}A"
        ledger.post(self.lead, 208, "PAN collected", {"mx_Custom_1": "PAN Card", "mx_Custom_2": pan})
        kyc = {"Status": "Pending", "mx_CustomObject_1": f"pan-{self.number}.pdf", "mx_CustomObject_2": pan}
        ledger.update_lead(self.lead, [set_of("mx_KYC", kyc)])

    # opportunity and sale

    def _negotiate(self) -> Iterator[Act]:
        chance = self.chance
        yield self._act(1, 8, self._open)
        yield self._minutes(3, lambda ledger: self._stage(ledger, "Opportunity"), by=self.owner)
        for stage in _STAGES[1 : chance.randrange(2, 5)]:
            yield self._act(2, 12, lambda ledger, stage=stage: self._move(ledger, {"mx_Custom_2": stage}))
            if chance.random() < 0.4:
                yield self._act(0, 3, self._visit)
        fate = chance.random()
        if fate < 0.2:
            return
        if fate < 0.45:
            lost = {"Status": "Lost", "mx_Custom_2": "Closed Lost"}
            yield self._act(2, 10, lambda ledger: self._move(ledger, lost))
            return
        yield self._act(2, 10, self._win)
        yield self._minutes(5, self._sell, by=self.owner)
        if chance.random() < 0.3:
            yield self._act(10, 60, self._sell)

    def _open(self, ledger: Ledger) -> None:
        chance = self.chance
        codes: dict[str, tuple[int, dict[str, Any]]] = {
            "Insurance": (12000, {"mx_Custom_11": chance.choice(catalogue.POLICIES)}),
            "Loan": (12005, {"mx_Custom_11": chance.choice(catalogue.LOAN_KINDS), "mx_Custom_12": 60}),
        }
        code, own = codes.get(self.interest, (12231, {"mx_Custom_11": chance.choice(list(CITIES))}))
        close = self.at + timedelta(days=chance.randrange(20, 90))
        values = {
            "mx_Custom_1": f"{self.first} {self.last}: {self.interest}",
            "mx_Custom_2": _STAGES[0],
            "mx_Custom_3": self.source,
            "mx_Custom_6": chance.randrange(20, 900) * 1000,
            "mx_Custom_8": f"{close:%Y-%m-%d %H:%M:%S}",
            **own,
        }
        self.opportunity = ledger.open_opportunity(self.lead, code, "Wants an offer", values)

    def _move(self, ledger: Ledger, values: dict[str, Any]) -> None:
        if self.opportunity is not None:
            ledger.move_opportunity(self.lead, self.opportunity, values)

    def _visit(self, ledger: Ledger) -> None:
        purpose = self.chance.choice(("Enquiry", "Documents"))
        values = {"mx_Custom_1": purpose, "mx_Custom_2": f"{self.at:%Y-%m-%d %H:%M:%S}"}
        ledger.post(self.lead, 201, "Came to the branch", values, opportunity=self.opportunity)

    def _win(self, ledger: Ledger) -> None:
        won = {"Status": "Won", "mx_Custom_2": "Closed Won", "mx_Custom_9": f"{self.at:%Y-%m-%d %H:%M:%S}"}
        self._move(ledger, won)
        ledger.update_lead(self.lead, [set_of("mx_KYC", {"Status": "Done"})])

    def _sell(self, ledger: Ledger) -> None:
        article = self.chance.choice(catalogue.PRODUCTS)
        sent = Sent(
            sku=article.sku,
            amount=self.chance.randrange(article.least, article.most, 50),
            owners=[self.owner],
            sold_on=f"{self.at:%Y-%m-%d %H:%M:%S}",
            status="Won" if self.chance.random() < 0.85 else "Open",
        )
        ledger.run(sales.create(ledger.call, self.lead.id, sent))
