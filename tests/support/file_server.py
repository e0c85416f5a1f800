"""A local server that answers by path, and files to ask it for."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REC, GROUP = "66dd470f-4c4f-4caa-b8d4-2ebc80a83cb6", "0164b5ce-42f8-46bf-b140-61ecd2ed449e"


class Server:
    """Answers by path: the planned replies in order, then the last one again."""

    def __init__(self):
        self.plan, self.asked, self.headers = {}, [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                outer.headers.append(dict(self.headers))
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def on(self, path, *replies):
        """Plan replies (of "*": any other path): bytes, an object for JSON, or a dict with status, headers, body, cut_after."""
        self.plan[path] = [r if isinstance(r, dict) and "status" in r else {"status": 200, "body": r} for r in replies]

    def answer(self, to):
        replies = self.plan.get(to.path) or self.plan.get("*") or [{"status": 404, "body": b"not found"}]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        body = reply.get("body", b"")
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, start = reply["status"], 0
        if status == 200 and "Range" in to.headers and not reply.get("no_range"):
            start = int(to.headers["Range"].removeprefix("bytes=").rstrip("-"))
            status = 206 if start < len(body) else 416
        to.send_response(status)
        for name, value in reply.get("headers", {}).items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(body) - start))
        to.end_headers()
        to.wfile.write(body[start:][: reply.get("cut_after")])
        if "cut_after" in reply:
            to.close_connection = True
