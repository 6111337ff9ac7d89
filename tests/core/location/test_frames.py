from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mainspring.location.frames import FrameReader, pack

messages = st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())), max_size=4)


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 400), max_size=20))
def test_messages_are_whole_however_they_are_cut(sent: list[dict[str, object]], cuts: list[int]) -> None:
    data = b"".join(map(pack, sent))
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    reader = FrameReader()
    got = [each for start, end in pairwise(places) for each in reader.feed(data[start:end])]

    assert got == sent
