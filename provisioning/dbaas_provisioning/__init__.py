"""The control plane: what exists, where it runs, who owns it.

1. One object, :class:`~dbaas_provisioning.platform.Platform`, is what every door and the command line call.
2. Engines are stateless descriptions; runtimes turn a launch plan into running processes; neither knows the other.
3. Whatever is done leaves either the old or the new state: each step has its undo, and a failure runs them all.
4. Secrets are encrypted at rest, shown once, and never part of a ``repr``, a log line or an error.
5. Nothing here knows HTTP or Jupyter.
"""
