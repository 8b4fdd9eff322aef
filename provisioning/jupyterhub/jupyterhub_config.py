"""A JupyterHub whose users share one platform of databases.

    pip install jupyterhub jupyter-dbaas && npm install -g configurable-http-proxy
    jupyterhub -f jupyterhub_config.py

The Hub runs ``dbaas serve`` as its service. Every user's server is told where that is and has a token of its user's; in
it nothing of the platform runs. So users see their own tenants, in the sidebar and in kernels, and nothing of others'.

Whoever runs code as the platform's own operating-system user is its administrator. So users' servers must run as other
users than the Hub does, as those of every spawner for real use do (sudo, Docker, Kubernetes; LocalProcessSpawner).
"""

import os

c = get_config()  # noqa: F821  JupyterHub gives it

# Where browsers, and users' servers, find the Hub.
hub = os.environ.get("HUB_URL", "http://127.0.0.1:8000").rstrip("/")
c.JupyterHub.bind_url = hub

# The platform, in a data folder of its own. The Hub leads /services/dbaas/ to its port.
c.JupyterHub.services = [
    {
        "name": "dbaas",
        "url": f"http://127.0.0.1:{os.environ.get('DBAAS_PORT', '8400')}",
        "command": ["dbaas", "serve", "--workers", "2"],
        "environment": {"DBAAS_HOME": os.environ.get("DBAAS_HOME", "/var/lib/jupyter-dbaas")},
        "oauth_no_confirm": True,
    }
]

# Who may use it: here everybody who may sign in to the Hub.
use_databases = "access:services!service=dbaas"
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", use_databases]}]

# The token that a user's server has: what it always may, and the databases.
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", use_databases]
c.Spawner.environment = {
    "DBAAS_URL": f"{hub}/services/dbaas",
    "DBAAS_TOKEN": lambda spawner: spawner.api_token,
}
