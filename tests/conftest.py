"""For all tests: hypothesis judges results, not times. On a shared machine a slow example is no failure."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
