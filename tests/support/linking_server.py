"""A local server that answers the linkers' forms, and answers as the services give them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

OWN = SimpleNamespace(synthetic=False, name="mine")
TEXT = "Adele sings soul"


class Server:
    """Answers forms: by a function of the form if one is given, else with the planned replies in order."""

    def __init__(self):
        self.plan, self.asked, self.headers = [], [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
                outer.asked.append({key: values[0] for key, values in form.items()})
                outer.headers.append(dict(self.headers))
                reply = outer.plan.pop(0) if len(outer.plan) > 1 else outer.plan[0]
                status, body, *headers = reply(outer.asked[-1]) if callable(reply) else reply
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers[0].items() if headers else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/ask"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


def babelfy(start, end, title, score=1.0):
    return {
        "tokenFragment": {"start": 0, "end": 0}, "charFragment": {"start": start, "end": end}, "babelSynsetID": "bn:1n",
        "DBpediaURL": title and f"http://dbpedia.org/resource/{title}", "BabelNetURL": "http://babelnet.org/rdf/s1n",
        "score": score, "coherenceScore": 0.5, "globalScore": 0.1, "source": "BABELFY",
    }  # fmt: skip


def spotlight(offset, surface, title):
    return {
        "@URI": f"http://dbpedia.org/resource/{title}", "@support": "123", "@types": "", "@surfaceForm": surface,
        "@offset": str(offset), "@similarityScore": "0.75", "@percentageOfSecondRank": "0.0",
    }  # fmt: skip


def spotlight_page(text, *resources):
    page = {"@text": text, "@confidence": "0.2", "@support": "20", "@types": "", "@sparql": "", "@policy": "whitelist"}
    return page | ({"Resources": [*resources]} if resources else {})
