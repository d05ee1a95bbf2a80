"""A made-up company that sells an AI product, second by second, with the truth beside it.

It is the other side of every test of the whole pipeline, so it shares no code with what computes expectations: its
prices, periods, rounding and Stripe objects are its own.  Give a :class:`WorldSpec`, get a folder.
"""

from tieout.simulator.spec import WorldSpec
from tieout.simulator.story import story_spec
from tieout.simulator.world import WorldSummary, build_world

__all__ = ["WorldSpec", "WorldSummary", "build_world", "story_spec"]
