"""gunicorn: two worker processes, the application loaded once before the fork.

    gunicorn -c gateway/gunicorn.conf.py 'gateway.app:create_app()'

GATEWAY_BIND, GATEWAY_WORKERS, GATEWAY_THREADS, HEALTH_HOST and HEALTH_PORT say where and how much.
"""

import os

from gateway.metricsdir import make, remove

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # Must be known before prometheus_client is imported: the workers' metrics are added up from files.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = make()

from gateway.server import Pulses, start_health, start_pulse

bind = os.environ.get("GATEWAY_BIND", "127.0.0.1:8080")
workers = int(os.environ.get("GATEWAY_WORKERS", "2"))
# Threads are made when needed. Some of them hold refused sign-ins until their moment (gateway/refusals.py), at most
# sixty for an address; the others must still do for everybody else.
threads = int(os.environ.get("GATEWAY_THREADS", "96"))
worker_class = "gthread"
preload_app = True
timeout = 60
graceful_timeout = 20
keepalive = 15
backlog = 512
limit_request_line = 8190
# What else gunicorn would take for TLS (X-Forwarded-Ssl, -Protocol) no proxy of ours removes: anybody could say it.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None
logger_class = "gateway.server.JsonLogger"
control_socket_disable = True

_pulses = Pulses()


def when_ready(server):
    port = os.environ.get("HEALTH_PORT")
    if port:
        address = (os.environ.get("HEALTH_HOST", "127.0.0.1"), int(port))
        start_health(_pulses, workers, address, server.LISTENERS)


def post_worker_init(worker):
    start_pulse(_pulses, worker.age)


def on_exit(server):
    remove()


def child_exit(server, worker):
    from prometheus_client import multiprocess

    _pulses.clear(worker.pid)
    multiprocess.mark_process_dead(worker.pid)
