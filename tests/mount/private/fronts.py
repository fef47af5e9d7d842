"""Servers between esofs and the simulator: they forward requests, record what they receive, and answer some themselves."""
import http.client
import http.server
import os
import socket
import ssl
import threading
import urllib.parse

import harness


def make_certificate(folder):
    """(certificate, key): a self-signed certificate for this machine's own names."""
    certificate, key = os.path.join(folder, 'front.pem'), os.path.join(folder, 'front.key')
    harness.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate)
    return certificate, key


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def passed_on(self, target, method, body):
        """The answer of the server that `target` names."""
        place = urllib.parse.urlsplit(target)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=harness.PATIENCE)
        path = place.path + ('?' + place.query if place.query else '')
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ('host', 'connection')}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        kept = {name: value for name, value in answer.getheaders()
                if name.lower() not in ('content-length', 'connection', 'transfer-encoding', 'keep-alive')}
        self.reply(answer.status, kept, data)

    def any_method(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        front = self.server.front
        request = {'method': self.command, 'target': self.path, 'body': body.decode(errors='replace'),
                   'authorization': self.headers.get('Authorization', ''), 'proxy': self.headers.get('Proxy-Authorization', '')}
        front.seen.append(request)
        for part, answer in front.answers:
            if part in self.path:
                return self.reply(*(answer(request) if callable(answer) else answer))
        target = self.path if '://' in self.path else front.behind + self.path
        return self.passed_on(target, self.command, body)

    do_GET = do_POST = do_HEAD = do_DELETE = any_method

    def do_CONNECT(self):
        self.server.front.seen.append({'method': 'CONNECT', 'target': self.path, 'body': '',
                                       'authorization': self.headers.get('Authorization', ''),
                                       'proxy': self.headers.get('Proxy-Authorization', '')})
        host, _, port = self.path.rpartition(':')
        with socket.create_connection((host, int(port)), harness.PATIENCE) as far:
            self.send_response(200)
            self.end_headers()
            relay = threading.Thread(target=self.copy, args=(far, self.connection))
            relay.start()
            self.copy(self.connection, far)
            relay.join()
        self.close_connection = True

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client may hang up, or refuse the certificate."""


class Front:
    """`behind`: the URL to which requests are forwarded. With a `certificate` it speaks TLS. Also works as a proxy."""

    def __init__(self, behind, certificate=None, host='127.0.0.1'):
        self.behind = behind
        self.seen = []
        self.answers = []  # (part of the target, (status, headers, body) or a function of the request); the first match counts
        self.server = _Server(('127.0.0.1', 0), _Handler)
        self.server.front = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f'http{"s" if certificate else ""}://{host}:{self.server.server_port}'
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def asked(self, part=''):
        return [request for request in self.seen if part in request['target']]
