"""A name server on loopback: real questions and answers over UDP, from the records of a test."""

import socket
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """Answers for the names in `texts`: each to the strings of its TXT records.

    A record is one text, or a list of the pieces that it is sent in; a name with none has
    something else. `failures` maps a name to the code that it is answered with; a name in
    `silent` is not answered at all. Whatever else does not exist.
    """

    def __init__(self) -> None:
        self.texts: dict[str, list[str | list[str]]] = {}
        self.failures: dict[str, str] = {}
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.address: tuple[str, int] = self._socket.getsockname()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                packet, peer = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self._answer(dns.message.from_wire(packet))
            if answer is not None:
                self._socket.sendto(answer.to_wire(), peer)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        self.asked.append(name)
        if name in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.failures:
            response.set_rcode(dns.rcode.from_text(self.failures[name]))
        elif name not in self.texts:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.TXT and self.texts[name]:
            response.answer.append(_records(question.name, self.texts[name]))
        return response


def _records(name: dns.name.Name, texts: list[str | list[str]]) -> dns.rrset.RRset:
    pieces = [[text] if isinstance(text, str) else text for text in texts]
    rows = [" ".join(f'"{piece}"' for piece in row) for row in pieces]
    return dns.rrset.from_text(name, 60, "IN", "TXT", *rows)
