"""Where the server is and with which key, when the caller does not say."""

from __future__ import annotations

import json
import os
from typing import Optional, Tuple


def resolve(api_token: Optional[str], base_url: Optional[str]) -> Tuple[str, Optional[str]]:
    """Address and key: what was given, then SLIPWAY_URL and SLIPWAY_API_KEY (or PODSTACK_API_TOKEN), then the command line's profile."""
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    profile = {}
    try:
        with open(os.path.join(config, "slipway", "profile.json"), encoding="utf-8") as file:
            profile = json.load(file)
    except (OSError, ValueError):
        pass
    url = base_url or os.environ.get("SLIPWAY_URL") or profile.get("url") or "http://127.0.0.1:7070"
    token = api_token or os.environ.get("SLIPWAY_API_KEY") or os.environ.get("PODSTACK_API_TOKEN")
    # The profile's key belongs to the profile's server and goes to no other.
    if token is None and url == profile.get("url"):
        token = profile.get("api_key")
    return url, token
