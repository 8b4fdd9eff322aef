-- A cluster that is being moved to a newer major version has two data folders for a while.
alter table platform_meta.clusters
  add column upgrade_stage text check (upgrade_stage in ('making', 'finishing')),
  add column upgrade_other text,
  add check ((upgrade_stage is null) = (upgrade_other is null));
comment on column platform_meta.clusters.upgrade_stage is 'making: the cluster is in data_dir still; finishing: it is there by now.';
comment on column platform_meta.clusters.upgrade_other is 'The other folder, which is removed: the new one while it is made, the old one afterwards.';
