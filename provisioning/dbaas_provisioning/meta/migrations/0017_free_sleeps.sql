-- A server that nobody uses costs a machine some 20 MB, and comes back for whoever connects.
update platform_meta.plans set idle_stop_seconds = 3600 where name = 'free' and idle_stop_seconds is null;
