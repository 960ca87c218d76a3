"""Files of older formats are migrated step by step, and places stay those of the file."""

from __future__ import annotations

from headrace.engine.model.graph import FORMAT_VERSION
from headrace.engine.model.migrations import MIGRATIONS, migrated
from headrace.engine.model.yaml_loader import load
from headrace.engine.model.yaml_tree import Entry, Item


def steps_to_nodes(root: Item) -> Item:
    """Turn format 1 into 2, which calls steps nodes."""
    entries = {("nodes" if key == "steps" else key): entry for key, entry in (root.entries or {}).items()}
    return Item(root.where, entries)


def name_to_graph(root: Item) -> Item:
    """Turn format 2 into 3, which calls the name graph."""
    entries = dict(root.entries or {})
    entries["graph"] = entries.pop("name", Entry(root.where, Item(root.where, "unnamed")))
    return Item(root.where, entries)


TABLE = {1: steps_to_nodes, 2: name_to_graph}


def root_of(text: str) -> Item:
    root = load(text, "old.yaml").root
    assert root is not None
    return root


def test_an_old_file_goes_through_every_step() -> None:
    root, faults = migrated(root_of("headrace: 1\nname: mine\nsteps: {a: {type: source}}\n"), TABLE, target=3)
    assert faults == []
    assert root.plain() == {"headrace": 3, "graph": "mine", "nodes": {"a": {"type": "source"}}}
    assert str(root.entries and root.entries["nodes"].where) == "old.yaml:3:1"


def test_a_file_of_today_is_left_as_it_is() -> None:
    root = root_of("headrace: 3\ngraph: mine\n")
    assert migrated(root, TABLE, target=3) == (root, [])


def test_a_file_too_old_is_refused_with_advice() -> None:
    _, faults = migrated(root_of("headrace: 1\n"), {2: name_to_graph}, target=3)
    assert [(fault.code, str(fault.where)) for fault in faults] == [("HR112", "old.yaml:1:11")]
    assert "write the file again" in faults[0].hint


def test_there_is_a_way_from_every_version_since_the_first() -> None:
    assert set(MIGRATIONS) == set(range(1, FORMAT_VERSION))
