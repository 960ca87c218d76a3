"""Pickled documents: what is rebuilt, and that it equals what Python's own unpickler gives."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.documents.unpickle import loads
from headrace.engine.model.errors import DocumentError

PROTOCOLS = range(6)

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**2000), max_value=2**2000)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.binary(max_size=20).map(bytearray)
)
KEYS = st.text(max_size=8) | st.integers(-(2**63), 2**63) | st.tuples(st.text(max_size=3), st.booleans())
ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(code) for code in ("?", "u1", "<u2", ">i4", "f2", ">f8", "g", "c8", "S3", "<U5")]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
SCALARS = st.sampled_from(
    [np.float64(1.5), np.uint16(7), np.bool_(True), np.str_("frame"), np.str_(""), np.bytes_(b"x"), np.complex64(1j)]
)


def containers(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.lists(inside, max_size=4)
        | st.lists(inside, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inside, max_size=4)
        | st.dictionaries(st.text(max_size=5), inside, max_size=4).map(OrderedDict)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
    )


DOCUMENTS = st.dictionaries(
    st.text(max_size=10), st.recursive(ATOMS | ARRAYS | SCALARS, containers, max_leaves=12), max_size=6
)


def same(one: Any, other: Any) -> bool:
    """Compare types, values, and every bit of floats and arrays."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return bool(alike and one.tobytes() == other.tobytes())
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float | complex):
        return np.array(one).tobytes() == np.array(other).tobytes()
    return bool(one == other)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(deadline=None, max_examples=60)
@given(document=DOCUMENTS)
def test_a_plain_document_comes_back_as_pickle_would_give_it(protocol: int, document: dict[str, Any]) -> None:
    body = pickle.dumps(document, protocol=protocol)

    assert same(loads(body), pickle.loads(body))
    assert same(loads(memoryview(body)), pickle.loads(body))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype="u2").reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(20)[::3],
        np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        np.zeros((0, 5), "f4"),
        np.array(3.5),
        np.array(["peak", "läuft"]),
        np.arange(600, dtype=">i4"),
        np.array([np.nan, -0.0, np.inf]),
    ],
    ids=lambda array: f"{array.dtype.str}-{array.shape}",
)
def test_arrays_of_any_layout_keep_their_values(array: np.ndarray[Any, Any], protocol: int) -> None:
    back = loads(pickle.dumps(array, protocol=protocol))

    assert isinstance(back, np.ndarray)
    np.testing.assert_array_equal(back, array, strict=back.dtype == array.dtype)
    assert back.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")


def test_names_of_numpy_before_and_after_2_are_both_understood() -> None:
    body = pickle.dumps(np.arange(3), protocol=3)
    new, old = b"numpy._core.multiarray", b"numpy.core.multiarray"

    np.testing.assert_array_equal(loads(body.replace(old, new)), np.arange(3))
    np.testing.assert_array_equal(loads(body.replace(new, old)), np.arange(3))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_are_read_only_aligned_and_do_not_keep_the_message(protocol: int) -> None:
    body = bytearray(pickle.dumps({"a": np.arange(4000, dtype="u2"), "few": np.arange(3)}, protocol=protocol))
    document: Any = loads(memoryview(body))
    before = document["a"].copy()
    body[:] = bytes(len(body))  # the message buffer is used again

    for array in document.values():
        assert not array.flags.writeable
        assert array.flags.aligned
    np.testing.assert_array_equal(document["a"], before)


def test_an_array_that_is_mentioned_twice_is_one_array() -> None:
    array = np.arange(3)
    document: Any = loads(pickle.dumps({"a": array, "b": array}))

    assert document["a"] is document["b"]


def test_a_body_longer_than_allowed_is_refused_unread() -> None:
    with pytest.raises(DocumentError, match="of 1018 bytes was refused: at most 1000"):
        loads(pickle.dumps(b"x" * 1000), max_bytes=1000)


def test_numbers_that_a_document_never_has_are_refused() -> None:
    with pytest.raises(DocumentError, match="integer of 1001 bytes"):
        loads(pickle.dumps({"n": 1 << 8000}))
