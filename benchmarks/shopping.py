"""What shoppers and programs send when they buy, and a client that sends it over a kept line."""

import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

SHOP, LIMIT_SHOP = "bench-orders", "bench-orders-limit"
HOST = f"{SHOP}.localhost"
# Twelve digits each, so that they can stand at the end of a UUID. The first is the hot one.
ITEMS = range(100_000_000_000, 100_000_000_201)
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
_ADDRESS = {
    "line1": "456 Park Ave",
    "city": "New York",
    "state": "NY",
    "postal_code": "10002",
    "country": "US",
}


def product_id(item: int) -> str:
    return f"00000000-0000-4000-8000-{item}"


def variant_id(item: int) -> str:
    return f"00000000-0000-4000-9000-{item}"


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    cookies: str
    body: bytes


class WrongAnswer(Exception):
    """Something else than what a good answer is."""


class Sender:
    """Sends a request and gives its answer."""

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        raise NotImplementedError

    def get(self, path: str, cookies: str = "") -> Answer:
        return self._good(self.send("GET", path, b"", _with(cookies, {})), {200, 302})

    def post(self, path: str, fields: dict[str, str], cookies: str = "") -> Answer:
        body = urlencode(fields).encode()
        return self._good(self.send("POST", path, body, _with(cookies, _FORM)), {302, 303})

    def _good(self, answer: Answer, statuses: set[int]) -> Answer:
        if answer.status not in statuses:
            raise WrongAnswer(answer.status)
        return answer


def _with(cookies: str, headers: dict[str, str]) -> dict[str, str]:
    return headers | {"Cookie": cookies} if cookies else dict(headers)


class Line(Sender):
    """A connection to a server of ours that stays open; as little work as can be."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return self._read()

    def _read(self) -> Answer:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head = data[:end].decode("latin-1")
        length = re.search(r"(?im)^content-length: (\d+)", head)
        if length is None:
            raise WrongAnswer(f"An answer of unknown length: {head}")
        body = data[end + 4 :]
        while len(body) < int(length[1]):
            body += self._receive()
        location = re.search(r"(?im)^location: (\S+)", head)
        cookies = "; ".join(re.findall(r"(?im)^set-cookie: ([^;\r]+)", head))
        return Answer(int(head[9:12]), location[1] if location else "", cookies, body)

    def _receive(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise WrongAnswer("The server closed the connection.")
        return data


# --- What is done --------------------------------------------------------------------------------


def add_to_cart(sender: Sender, token: str, number: int, item: int) -> None:
    """A shopper's first click: a cart of its own with one unit."""
    sender.post("/cart/add/", {"variant": variant_id(item), "quantity": "1"})


def place_order(sender: Sender, token: str, number: int, *items: int) -> None:
    """A program's order of one unit each, by a new customer, under a key of its own."""
    body = {
        "customer": {"name": "John Doe", "email": f"john.doe-{number}@example.com"},
        "shipping_address": _ADDRESS,
        "items": [{"product_id": product_id(item), "quantity": 1} for item in items],
        "shipping_method": "standard",
        "payment_method": "credit_card",
    }
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": f"order-{number}",
    }
    answer = sender.send("POST", "/api/orders", json.dumps(body).encode(), headers)
    if answer.status != 201:
        raise WrongAnswer(answer.status)


def buy(sender: Sender, token: str, number: int, item: int) -> None:
    """A shopper's whole way without script: cart, checkout, payment page, and back to the order."""
    cart = sender.post("/cart/add/", {"variant": variant_id(item), "quantity": "1"}).cookies
    shown = re.search(rb'name="total" value="(.*?)"', sender.get("/checkout/", cart).body)
    if shown is None:
        raise WrongAnswer(200)
    fields = _ADDRESS | {"name": "John Doe", "email": f"jane.roe-{number}@example.com"}
    fields |= {"shipping_method": "standard", "total": shown[1].decode()}
    opened = sender.post("/checkout/", fields, cart)
    page = urlsplit(opened.location).path
    sender.get(page)
    back = urlsplit(sender.post(page, {"card": "4242424242424242"}).location)
    order = sender.get(f"{back.path}?{back.query}", cart).location
    sender.get(order)


ACTS: dict[str, Callable[..., None]] = {
    "add to cart": add_to_cart,
    "place order": place_order,
    "full checkout": buy,
}
