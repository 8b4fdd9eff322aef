// PostGraphile on one process, as its documentation sets it up for production; each request as a role with claims.
import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { grafserv } from 'postgraphile/grafserv/node'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const { PEER_DSN, PEER_PORT, PEER_CLAIMS } = process.env
const pgSettings = { role: JSON.parse(PEER_CLAIMS).role, 'request.jwt.claims': PEER_CLAIMS }

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: PEER_DSN, schemas: ['public'], poolConfig: { max: 16 } })],
  grafserv: { port: Number(PEER_PORT), graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: { context: () => ({ pgSettings }), explain: false }
}

const server = createServer()
const serv = postgraphile(preset).createServ(grafserv)
await serv.addTo(server)
server.listen(Number(PEER_PORT), '127.0.0.1')
