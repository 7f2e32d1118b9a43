"""Counts words. Listens on 127.0.0.1:$PORT, as any program of the runtime `command` does."""

import collections
import http.server
import json
import os


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"   # connections are kept between predictions

    def do_GET(self):
        self.answer(200 if self.path == "/health" else 404, {"status": "well"} if self.path == "/health" else {"error": "Nothing is here."})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/count":
            return self.answer(404, {"error": "Nothing is here."})
        try:
            text = json.loads(body)["text"]
            words = collections.Counter(text.lower().split())
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.answer(422, {"error": "Send {\"text\": \"…\"}."})
        print(f"counted {sum(words.values())} words")
        self.answer(200, {"words": sum(words.values()), "most": words.most_common(3)})

    def answer(self, status, members):
        body = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """One line a request would say nothing that Slipway does not record."""


if __name__ == "__main__":
    print("starting", flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
