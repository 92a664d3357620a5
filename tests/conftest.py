from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["tests.attack_report"]

# The same examples in every run, so that a change is judged by itself; `explore` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("explore", max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
