"""A stage, and guarded services behind a real proxy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from bluesky.callbacks.zmq import Publisher
from tests.hostile.campaign import Campaign
from tests.hostile.files import lay_out
from tests.hostile.good_runs import good_run
from tests.hostile.message import Stage
from tests.hostile.opened_files import OpenedFiles
from tests.hostile.service_process import GuardedService


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give folders with files, some of which lead where they must not."""
    return lay_out(tmp_path_factory.mktemp("stage"))


@pytest.fixture(scope="session")
def opened(stage: Stage) -> Iterator[OpenedFiles]:
    """Watch the folder that nobody may read in."""
    watch = OpenedFiles(stage.outside)
    yield watch
    watch.close()


@pytest.fixture(scope="module", params=[True, False], ids=["with-journal", "without-journal"])
def campaign(
    request: pytest.FixtureRequest, stage: Stage, opened: OpenedFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Campaign]:
    """Give what sends messages beside good runs; more good runs come from bluesky's own publisher all the while."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "work").mkdir()
    with GuardedService(folder / "work", stage, journal=request.param) as service:
        campaign = Campaign(service, folder)
        with _publishing(service, campaign):
            yield campaign


@contextmanager
def _publishing(service: GuardedService, campaign: Campaign) -> Iterator[None]:
    over = threading.Event()

    def publish() -> None:
        publisher = Publisher(service.inlet, prefix=b"raw")
        time.sleep(0.3)  # bluesky's publisher does not tell when it is connected
        while not over.is_set():
            run = good_run(len(campaign.published))
            for name, doc in run:
                publisher(name, doc)
                over.wait(0.02)
            campaign.published.append(str(run[0][1]["uid"]))
        publisher.close()

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)
