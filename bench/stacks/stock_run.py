"""Run the stock service with nameko's own runner (its command line needs setuptools' pkg_resources)."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import signal  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402

from bench.stacks.stock_service import StockPermits  # noqa: E402

runner = ServiceRunner({"AMQP_URI": os.environ["AMQP_URI"], "max_workers": 16})
runner.add_service(StockPermits)
signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
runner.start()
while True:
    try:
        runner.wait()
        break
    except OSError as error:
        if error.errno != 4:  # a signal woke the hub
            raise
