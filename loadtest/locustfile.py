"""Locust against the door: every user is a till that posts one receipt a second."""

import itertools
import uuid
from datetime import UTC, datetime

from locust import HttpUser, constant_throughput, task

#: What every receipt sells: description, category, net price in cents, VAT in percent.
BREAD = ("Baguette de tradition", "Pains", 123, 5.5)
#: Receipts a second of one till.
RATE = 1

_terminals = itertools.count(1)


class Till(HttpUser):
    """A till that sells a few baguettes again and again; all but a 202 counts as a failure."""

    wait_time = constant_throughput(RATE)

    def on_start(self) -> None:
        """Take a terminal of its own in a store that only this run has."""
        self.store = f"locust-{uuid.uuid4().hex[:8]}"
        self.terminal = next(_terminals)
        self.numbers = itertools.count(1)

    @task
    def sell(self) -> None:
        """Post one receipt."""
        with self.client.post("/receipt", json=self.receipt(), catch_response=True) as answer:
            if answer.status_code != 202:
                answer.failure(f"{answer.status_code}: {answer.text[:200] or answer.error}")

    def receipt(self) -> dict[str, object]:
        """A receipt whose totals add up."""
        number = next(self.numbers)
        description, category, cents, rate = BREAD
        quantity = 1 + number % 4
        net = quantity * cents
        gross = round(net * (1 + rate / 100))
        line = {
            "lineNumber": 1,
            "productCode": "PAIN-001",
            "productDescription": description,
            "productCategoryCode": "PAIN",
            "productCategoryName": category,
            "quantity": quantity,
            "unitOfMeasure": "piece",
            "unitPrice": cents / 100,
            "creditAmount": net / 100,
            "taxPercentage": rate,
            "settlementAmount": gross / 100,
        }
        return {
            "cashReceiptID": number,
            "storeID": self.store,
            "terminalID": self.terminal,
            "agentID": "locust",
            "customerID": None,
            # With its offset: the machine that runs locust may be in any zone.
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "lines": [line],
            "documentTotal": {
                "netTotal": net / 100,
                "taxPayable": (gross - net) / 100,
                "grossTotal": gross / 100,
            },
            "settlements": [{"paymentMechanism": "card", "settlementAmount": gross / 100}],
        }
