"""Linking peaks, image by image, with the numbers that trackpy gives to all of them at once."""

from __future__ import annotations

import inspect
import random
import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest
import trackpy
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.errors import UsageError
from headrace.engine.model.records import Event, EventKey
from headrace.engine.model.registry import installed
from headrace.nodes import link
from headrace.nodes.support.tracking import LinkError

trackpy.quiet()


def _event(number: int) -> Event:
    return Event(EventKey("run", "primary", number), 0.0, {})


def _table(points: Any, frame: int) -> pd.DataFrame:
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    return pd.DataFrame({"y": points[:, 0], "x": points[:, 1], "frame": np.full(len(points), frame, dtype=np.int64)})


def _apart(seed: int, images: int = 12) -> list[pd.DataFrame]:
    """Particles that walk, vanish and return, each near its own site, so that trackpy's numbers are certain."""
    generator = np.random.default_rng(seed)
    sites = np.array([(y, x) for y in range(3) for x in range(3)]) * 60.0
    tables = []
    for frame in range(1, images + 1):
        seen = generator.random(len(sites)) < generator.choice([0.0, 0.3, 0.8])
        points = (sites + generator.uniform(-2, 2, sites.shape))[seen]
        tables.append(_table(generator.permutation(points), frame))
    return tables


def _crowded(seed: int, images: int = 10, most: int = 12, side: float = 40) -> list[pd.DataFrame]:
    generator = np.random.default_rng(seed)
    return [
        _table(generator.uniform(0, side, (int(generator.integers(0, most)), 2)), frame)
        for frame in range(1, images + 1)
    ]


def _linked(tables: list[pd.DataFrame], **parameters: Any) -> list[int]:
    tracker = link(**parameters)
    tracks = [tracker.update(table, event=_event(number)) for number, table in enumerate(tables, 1)]
    return [int(particle) for table in tracks for particle in table["particle"]]


def _batch(tables: list[pd.DataFrame], **parameters: Any) -> list[int]:
    together = pd.concat(tables, ignore_index=True)
    return [int(p) for p in trackpy.link(together, **parameters)["particle"]] if len(together) else []


def _renumbered(particles: list[int]) -> list[int]:
    names: dict[int, int] = {}
    return [names.setdefault(particle, len(names)) for particle in particles]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 4), st.sampled_from([None, 1.0]), st.integers(1, 12))
def test_numbers_are_those_of_batch_linking_at_any_time(
    seed: int, memory: int, adaptive_stop: float | None, upto: int
) -> None:
    tables, parameters = _apart(seed), {"search_range": 10.0, "memory": memory, "adaptive_stop": adaptive_stop}
    assert _linked(tables, **parameters)[: sum(map(len, tables[:upto]))] == _batch(tables[:upto], **parameters)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 4),
    st.sampled_from([None, 1.0]),
    st.sampled_from(["recursive", "nonrecursive", "auto", "drop"]),
)
def test_tracks_are_those_of_batch_linking_also_where_particles_compete(
    seed: int, memory: int, adaptive_stop: float | None, strategy: str
) -> None:
    # Here trackpy numbers competing new particles by chance, so numbers are compared by first appearance.
    parameters = {"search_range": 6.0, "memory": memory, "adaptive_stop": adaptive_stop, "link_strategy": strategy}
    tables = _crowded(seed)
    try:
        expected = _batch(tables, **parameters)
    except trackpy.SubnetOversizeException:
        return
    assert _renumbered(_linked(tables, **parameters)) == _renumbered(expected)


@pytest.mark.parametrize("search_range", [6.0, (6.0, 3.0)])
def test_numbers_are_the_same_every_time_also_where_particles_compete(search_range: Any) -> None:
    tables = _crowded(3)
    clutter = []
    first = _linked(tables, search_range=search_range, memory=1)
    assert _renumbered(first) == _renumbered(_batch(tables, search_range=search_range, memory=1))
    for count in range(20):
        clutter.append([object() for _ in range(count * 37)])  # so that points lie elsewhere in memory
        assert _linked(tables, search_range=search_range, memory=1) == first


def test_linkers_that_take_turns_do_not_disturb_each_other_or_trackpy() -> None:
    scenes = [_apart(seed) for seed in range(5)]
    alone = [_linked(tables, search_range=10.0, memory=1) for tables in scenes]
    theirs = trackpy.linking.link_df_iter(
        [table for table in scenes[0] if len(table)], 10.0, memory=0, pos_columns=["y", "x"]
    )
    quiet = [list(t.particle) for t in trackpy.linking.link_df_iter([t for t in scenes[0] if len(t)], 10.0)]
    trackers: list[Any] = [link(search_range=10.0, memory=1) for _ in scenes]
    together: list[list[int]] = [[] for _ in scenes]
    mixed = []
    for frame in range(len(scenes[0])):
        for number, tables in enumerate(scenes):
            together[number] += trackers[number].update(tables[frame]).particle.tolist()
        mixed += [list(table.particle) for table in [next(theirs, None)] if table is not None]
    assert together == alone
    assert mixed == quiet


def test_linkers_in_several_threads_do_not_disturb_each_other() -> None:
    scenes = [_crowded(seed, images=30, most=8) for seed in range(6)]
    alone = [_linked(tables, search_range=5.0, memory=2) for tables in scenes]
    found: dict[int, list[int]] = {}

    def work(number: int) -> None:
        found[number] = _linked(scenes[number], search_range=5.0, memory=2)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(scenes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(len(scenes))] == alone


@pytest.mark.parametrize(("memory", "particles"), [(3, [0, 0, 1]), (4, [0, 0, 0])])
def test_images_that_never_came_count_as_images_without_a_peak(memory: int, particles: list[int]) -> None:
    tables = [_table([(5, 5)], frame) for frame in (3, 4, 9)]
    tracker = link(search_range=5, memory=memory)
    found = [int(tracker.update(table, event=_event(table.frame[0])).particle[0]) for table in tables]
    assert found == particles == _batch(tables, search_range=5, memory=memory)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 3), st.lists(st.integers(1, 6), min_size=8, max_size=8))
def test_gaps_of_any_length_give_the_numbers_of_batch_linking(seed: int, memory: int, gaps: list[int]) -> None:
    frames = np.cumsum(gaps)
    tables = [table.assign(frame=frame) for table, frame in zip(_apart(seed, len(gaps)), frames, strict=True)]
    assert _linked(tables, search_range=10.0, memory=memory) == _batch(tables, search_range=10.0, memory=memory)


def test_a_gap_of_a_billion_images_costs_nothing() -> None:
    tracker = link(search_range=5, memory=2)
    tracker.update(_table([(5, 5)], 1))
    assert tracker.update(_table([(5, 5)], 10**9)).particle.tolist() == [1]


def test_empty_tables_pass_on_with_all_columns() -> None:
    tracker = link(search_range=5)
    for table in (_table([], 1), _table([(1, 1)], 2), _table([], 3)):
        found = tracker.update(table, event=_event(1))
        assert found.columns.tolist() == ["y", "x", "frame", "particle"]
        assert found["particle"].dtype == np.int64


def test_rows_and_other_columns_stay_as_they_came() -> None:
    table = _table([(50, 50), (1, 1)], 1).assign(mass=[2.0, 1.0])
    table.index = pd.Index([7, 3])
    found = link(search_range=5).update(table)
    pd.testing.assert_frame_equal(found.drop(columns="particle"), table)
    assert "particle" not in table


def _lattice(frame: int, corner: float = 0.0) -> pd.DataFrame:
    """So many points so near that links between two such images can't be told apart."""
    return _table([(corner + y, corner + x) for y in range(8) for x in range(8)], frame)


def test_peaks_too_dense_fail_alone_and_later_images_are_linked_as_if_they_had_not_come() -> None:
    tracker = link(search_range=10.0, memory=2)
    found, shown = [], []
    for frame, sparse in enumerate(_apart(1), 1):
        dense = pd.concat([sparse, _lattice(frame, corner=-200)], ignore_index=True)
        table = dense if frame in (3, 4, 5, 9, 10) else sparse
        if frame in (4, 5, 10):  # so soon after a dense one
            with pytest.raises(LinkError, match="reduce search_range, set adaptive_stop"):
                tracker.update(table, event=_event(frame))
        else:
            shown.append(table)
            found += tracker.update(table, event=_event(frame)).particle.tolist()
    assert found == _batch(shown, search_range=10.0, memory=2)


def test_a_dense_image_after_a_dense_image_fails_and_adaptive_search_solves_it() -> None:
    tracker = link(search_range=6, memory=5)
    tracker.update(_lattice(1))
    for frame in (2, 3):
        with pytest.raises(LinkError, match="64 peaks are too dense"):
            tracker.update(_lattice(frame))
    assert tracker.update(_table([(0, 0), (99, 99)], 4)).particle.tolist() == [0, 64]
    assert _linked([_lattice(1), _lattice(2)], search_range=6, adaptive_stop=0.1)[64:] == list(range(64))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame({"y": [1.0], "frame": [1]}), "no column 'x'"),
        (pd.DataFrame({"y": [1.0], "x": [np.nan], "frame": [1]}), "NaN or infinity"),
        (pd.DataFrame({"y": [1.0, 2.0], "x": [1.0, 2.0], "frame": [1, 2]}), "peaks of one image"),
        (pd.DataFrame({"y": [1.0], "x": [1.0], "frame": [0]}), "image 0 came after image 0"),
    ],
)
def test_tables_that_can_not_be_linked_are_refused_and_change_nothing(table: pd.DataFrame, words: str) -> None:
    tracker = link(search_range=5)
    tracker.update(_table([(1, 1)], 0))
    with pytest.raises(UsageError, match=words):
        tracker.update(table)
    assert tracker.update(_table([(1, 1)], 1)).particle.tolist() == [0]


def test_a_table_without_frame_takes_the_events_number_or_the_next() -> None:
    table = _table([(1, 1)], 0).drop(columns="frame")
    counted, by_event = link(search_range=5), link(search_range=5)
    assert [counted.update(table).particle[0] for _ in range(2)] == [0, 0]
    assert [by_event.update(table, event=_event(n)).particle[0] for n in (1, 3)] == [0, 1]


def test_positions_may_be_other_columns_and_three_of_them() -> None:
    deep = [_table([(1, 1), (1, 1)], frame).assign(z=[0.0, 50.0][:: 1 if frame % 2 else -1]) for frame in (1, 2)]
    assert _linked(deep, search_range=5) == [0, 1, 1, 0]
    renamed = [table.rename(columns={"y": "v", "x": "u", "frame": "shot"}) for table in _apart(2)]
    parameters = {"search_range": 10.0, "pos_columns": ["v", "u"], "t_column": "shot"}
    assert _linked(renamed, **parameters) == _batch(renamed, **parameters)


def test_every_parameter_of_trackpy_that_is_data_is_there_with_its_default() -> None:
    theirs = dict(inspect.signature(trackpy.linking.Linker).parameters)
    theirs |= dict(inspect.signature(trackpy.link).parameters)
    ours = installed()["link"].parameters
    assert set(theirs) - set(ours) == {"f", "kwargs", "predictor", "dist_func", "to_eucl"}
    assert set(ours) <= set(theirs)
    for name in set(ours) - {"search_range"}:
        assert ours[name].default == theirs[name].default, name


def test_runs_are_numbered_from_zero_each() -> None:
    tables = _apart(random.Random(4).randrange(100))
    assert _linked(tables, search_range=10.0) == _linked(tables, search_range=10.0)
