"""A platform that is somewhere else: ``DBAAS_URL`` names it, and Jupyter's extension is its door here.

1. Nothing is started on this machine, and nothing of the platform is kept here but the person's token.
2. The person's token goes to the platform and nowhere else: not to the browser, not into a log. It is added only to
   what Jupyter let in with its own identity and its own check for forgery; other requests bring their own keys.
3. What is Jupyter's own stays here: its cookies, its tokens, its XSRF value, the page's address.
4. Bodies are streamed both ways, and a client that goes away ends the request at the platform too.
5. What the platform answers is passed on as it is. Only what is wrong with the way there is answered here, each with a
   code of its own: ``platform_unreachable``, ``not_a_platform``, ``version_mismatch``, ``login_needed``,
   ``login_refused``.
"""

from __future__ import annotations

from .logins import Login, Logins, login_file, plain_url
from .platform import Elsewhere

__all__ = ["Elsewhere", "Login", "Logins", "login_file", "plain_url"]
