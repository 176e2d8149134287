"""Takes a sibling's functions through a link that lies in its own folder."""

from link_to_sibling import *  # noqa: F403
