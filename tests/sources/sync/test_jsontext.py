"""Objects are cut out of an answer without changing a character."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.sources.sync.jsontext import content_hash, one_line, split_list, with_key

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(), values, max_size=4)


@given(st.lists(objects, max_size=4), st.booleans(), st.sampled_from([None, 2]), st.booleans())
def test_any_list_is_cut_into_the_objects_it_was_made_of(
    rows: list[dict[str, object]], has_more: bool, indent: int | None, is_ascii: bool
) -> None:
    body = json.dumps({"object": "list", "data": rows, "has_more": has_more, "url": "/v1/x"}, indent=indent)
    body = body if is_ascii else json.dumps(json.loads(body), indent=indent, ensure_ascii=False)

    texts, more = split_list(body)

    assert [json.loads(text) for text in texts] == rows
    assert more is has_more
    assert not any("\n" in text for text in texts)


def test_numbers_and_escapes_stay_as_they_are_written() -> None:
    text = '{"a": 1.10, "b": 1E+2, "c": "\\u00e9\\/", "d": 12345678901234567890.5}'

    assert split_list('{"data": [' + text + "]}") == ([text], False)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"data": [{"a": 1}', '{"data": 3}', '{"data": [{"a": 1}], "ha', "<html>"]
)
def test_an_answer_that_is_no_whole_list_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"data list|not JSON|not a JSON object"):
        split_list(body)


def test_a_line_separator_inside_a_string_is_no_line_break() -> None:
    text = json.dumps({"name": "a\u2028b\u0085c"}, ensure_ascii=False, indent=2)

    assert json.loads(one_line(text)) == {"name": "a\u2028b\u0085c"}


@given(objects, st.none() | st.text())
def test_a_key_is_added_and_the_rest_left(obj: dict[str, object], value: str | None) -> None:
    obj.pop("payout", None)

    assert json.loads(with_key(json.dumps(obj), "payout", value)) == {**obj, "payout": value}


def test_a_new_link_does_not_make_an_invoice_a_changed_one() -> None:
    invoice = {"object": "invoice", "id": "in_1", "total": 5, "hosted_invoice_url": "https://invoice.stripe.com/a"}

    assert content_hash(invoice) == content_hash({**invoice, "hosted_invoice_url": "https://invoice.stripe.com/b"})
    assert content_hash(invoice) != content_hash({**invoice, "total": 6})
    assert content_hash(invoice) == content_hash(dict(reversed(invoice.items()))), "the order of keys is no change"
