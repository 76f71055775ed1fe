"""Parses OpenMetrics text by prometheus_client's strict parser, and prints its families as JSON.

open_metrics.py              text from standard input
open_metrics.py --older      text of the older format from standard input
open_metrics.py URL          asked by HTTP
open_metrics.py unix:PATH    asked by HTTP over a socket, for /metrics
"""
import http.client
import json
import socket
import sys
import urllib.request

from prometheus_client import parser as older
from prometheus_client.openmetrics import parser as openmetrics


class SocketConnection(http.client.HTTPConnection):
    """An HTTP connection over a Unix socket."""

    def __init__(self, path):
        super().__init__('localhost', timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def read(place):
    if place.startswith('unix:'):
        connection = SocketConnection(place[len('unix:'):])
        connection.request('GET', '/metrics')
        response = connection.getresponse()
    else:
        response = urllib.request.urlopen(place, timeout=10)
    if response.status != 200:
        sys.exit('status %d' % response.status)
    if not response.getheader('Content-Type').startswith('application/openmetrics-text; version=1.0.0'):
        sys.exit(response.getheader('Content-Type'))
    return response.read().decode()


is_older = sys.argv[1:] == ['--older']
text = read(sys.argv[1]) if len(sys.argv) > 1 and not is_older else sys.stdin.read()
parser = older if is_older else openmetrics
families = [
    {
        'name': family.name,
        'type': family.type,
        'unit': family.unit,
        'samples': [{'name': s.name, 'labels': s.labels, 'value': s.value} for s in family.samples],
    }
    for family in parser.text_string_to_metric_families(text)
]
print(json.dumps(families))
