"""The URL carries what was asked to see."""

from dashboard.filters import NOTHING, Filters, from_url, to_url


def test_only_what_differs_from_the_plain_view_is_in_the_url():
    assert to_url(Filters()) == {}
    assert to_url(Filters(range="7d", project="shop")) == {"range": "7d", "project": "shop"}


def test_a_url_is_read_back_as_it_was_written():
    chosen = Filters(range="2026-02", kind="main", session="a b&c", every_kind="1", call="x")
    assert from_url(to_url(chosen)) == chosen


def test_nonsense_in_a_url_is_left_out():
    assert from_url({"range": "9999-12"}) == from_url({"range": "0001-01"}) == Filters()
    assert from_url({"range": "soon", "utm": "x", "kind": "main"}) == Filters(kind="main")


def test_a_missing_project_can_be_asked_for():
    assert Filters(project=NOTHING).variables["project"] == ""
    assert Filters().variables["project"] is None
