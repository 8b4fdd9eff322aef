/** The names of the panel's commands. Each is done to the active row. */

export const COMMANDS = {
  createTenant: 'dbaas:create-tenant',
  createDatabase: 'dbaas:create-database',
  changePlan: 'dbaas:change-plan',
  open: 'dbaas:open-database',
  query: 'dbaas:query-row',
  copyConnectionString: 'dbaas:copy-connection-string',
  copyRestUrl: 'dbaas:copy-rest-url',
  copyName: 'dbaas:copy-name',
  copyQueryName: 'dbaas:copy-query-name',
  copySnippet: 'dbaas:copy-snippet',
  openGraphiql: 'dbaas:open-graphiql',
  keys: 'dbaas:keys',
  dump: 'dbaas:dump',
  restore: 'dbaas:restore',
  branch: 'dbaas:branch',
  undrop: 'dbaas:undrop',
  drop: 'dbaas:drop',
  refresh: 'dbaas:refresh'
} as const;
