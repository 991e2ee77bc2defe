"""Which hand moves more, in captured motions whose labels say it."""

import pytest

from tmr.motion.dataset import find_packs, read_infos, read_pack
from tmr.motion.retarget import retarget
from tmr.search.measures import measure

MOST_A_SIDE = 15


def test_the_hand_that_was_raised_or_waved_is_named(shared):
    packs = [pack for pack in find_packs(shared / "data") if "bandai" in pack.stem]
    if not packs:
        pytest.skip(f"{shared / 'data'} has no pack of Bandai's motions")
    found = {"left": [], "right": [], "both": []}
    for pack in packs:
        actions = {info.id: info.action for info in read_infos(pack.with_suffix(".jsonl"))}
        for motion in read_pack(pack):
            side = next((side for side in found if f"{side}-hand" in actions[motion.name]), None)
            if side is not None and len(found[side]) < MOST_A_SIDE:
                found[side].append(measure(retarget(motion)).hand)
    assert found == {side: [side] * MOST_A_SIDE for side in found}
